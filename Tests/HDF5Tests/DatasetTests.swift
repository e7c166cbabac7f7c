import Foundation
import TestSupport
import Testing

@testable import HDF5

@Suite struct DatasetTests {
  @Test(arguments: ElementType.computable)
  func bytesOfEveryElementTypeComeBack(type: ElementType) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    // Any bits will do for numbers; a Boolean has two values.
    let bytes = (0..<6 * type.byteCount).map { _ in type == .bool ? UInt8.random(in: 0...1) : UInt8.random(in: 0...255)
    }
    let file = try File.create(path)
    try file.root.write("x", bytes, type, shape: [2, 3])
    try file.root.write("scalar", Array(bytes.prefix(type.byteCount)), type, shape: [])
    try file.root.write("empty", [], type, shape: [0, 3])
    try file.close()
    let root = try File.open(path).root
    let dataset = try root.dataset("x")
    #expect(try dataset.elementType == type)
    #expect(try dataset.shape == [2, 3])
    #expect(try dataset.readBytes() == bytes)
    #expect(try dataset.readRows(1..<2) == Array(bytes.suffix(3 * type.byteCount)))
    #expect(try root.dataset("scalar").shape == [])
    #expect(try root.dataset("scalar").readBytes() == Array(bytes.prefix(type.byteCount)))
    #expect(try root.dataset("empty").shape == [0, 3])
    #expect(try root.dataset("empty").readBytes() == [])
    #expect(try root.names == ["empty", "scalar", "x"])
  }

  @Test func fileOffsetIsWhereTheBytesLieAndIsAligned() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    let values = (0..<100).map { _ in Float.random(in: -1...1) }
    try File.writeAtomically(to: path) { root in
      try root.write("odd", [UInt8](repeating: 7, count: 3), .uint8, shape: [3])
      try root.write("x", values)
      try root.createDataset("chunked", .float32, shape: [4], chunk: [2]).write([Float](repeating: 1, count: 4).bytes)
    }
    let root = try File.open(path).root
    let offset = try #require(try root.dataset("x").fileOffset)
    #expect(offset % 64 == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path))[offset..<offset + 400] == Data(values.bytes))
    #expect(try root.dataset("chunked").fileOffset == nil)
    #expect(try root.dataset("x").holdingFile == path)
  }

  @Test func rowsAreWrittenReadAndAppended() throws {
    let folder = try TemporaryFolder()
    let file = try File.create(folder.file("a.h5"))
    let dataset = try file.root.createDataset("x", .int32, shape: [2, 2], maxShape: [nil, 2])
    try dataset.writeRows(0..<2, [Int32(1), 2, 3, 4].bytes)
    try dataset.extend(1)
    try dataset.writeRows(2..<3, [Int32(5), 6].bytes)
    #expect(try dataset.shape == [3, 2])
    #expect(try dataset.read(as: Int32.self) == [1, 2, 3, 4, 5, 6])
    #expect(try dataset.readRows(1..<3) == [Int32(3), 4, 5, 6].bytes)
    #expect(throws: HDF5Error.self) { try dataset.readRows(2..<4) }
    #expect(throws: HDF5Error.self) { try dataset.write([1, 2, 3]) }
  }

  @Test func numbersAreConvertedButFractionsNotTruncated() throws {
    let folder = try TemporaryFolder()
    let root = try File.create(folder.file("a.h5")).root
    try root.write("f", [Float(0.5), -2])
    try root.write("u", [UInt8(3), 200])
    #expect(try root.dataset("f").read(as: Double.self) == [0.5, -2])
    #expect(try root.dataset("u").read(as: Int.self) == [3, 200])
    #expect(throws: HDF5Error.self) { try root.dataset("f").read(as: Int.self) }
  }

  @Test func concurrentReadersGetTheirOwnData() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try File.writeAtomically(to: path) { root in
      for index in 0..<20 { try root.write("x\(index)", [Int32](repeating: Int32(index), count: 1000)) }
    }
    let isRight = try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<20 {
        group.addTask {
          let root = try File.open(path).root
          return try root.dataset("x\(index)").read(as: Int32.self).allSatisfy { $0 == index }
        }
      }
      return try await group.reduce(true) { $0 && $1 }
    }
    #expect(isRight)
  }
}
