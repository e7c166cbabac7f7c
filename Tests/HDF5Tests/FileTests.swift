import Files
import Foundation
import TestSupport
import Testing

@testable import HDF5

@Suite struct FileTests {
  @Test func missingFileIsSaidToBeMissing() throws {
    let error = #expect(throws: HDF5Error.self) { try File.open("/no/such.h5") }
    #expect(error == .notFound(path: "/no/such.h5"))
  }

  @Test func otherFilesAreSaidNotToBeHDF5() throws {
    let folder = try TemporaryFolder()
    for content in ["", "hello"] {
      try Data(content.utf8).write(to: URL(fileURLWithPath: folder.file("a")))
      let error = #expect(throws: HDF5Error.self) { try File.open(folder.file("a")) }
      #expect(error == .notHDF5(path: folder.file("a")))
    }
    #expect(throws: HDF5Error.unreadable(path: folder.path, reason: "it is a folder")) { try File.open(folder.path) }
  }

  @Test func truncatedFileDoesNotOpen() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try File.writeAtomically(to: path) { try $0.write("x", [Float](repeating: 1, count: 10_000)) }
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: path))
    let error = try #require(#expect(throws: HDF5Error.self) { try File.open(path) })
    #expect("\(error)".hasPrefix("\(path): cannot be read as HDF5: truncated file"), "\(error)")
    #expect(!"\(error)".contains("\n"))
  }

  @Test func failureWhileWritingLeavesTheOldFileAndNothingElse() throws {
    struct Interruption: Error {}
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try File.writeAtomically(to: path) { try $0.write("x", [1.0]) }
    #expect(throws: Interruption.self) {
      try File.writeAtomically(to: path) { root in
        try root.write("x", [2.0])
        throw Interruption()
      }
    }
    #expect(try folder.names == ["a.h5"])
    #expect(try File.open(path).root.dataset("x").read(as: Double.self) == [1])
  }

  @Test func partsOfKilledProcessesAreRemoved() throws {
    let folder = try TemporaryFolder()
    // No process has the largest number; the one that began this one is alive.
    let abandoned = ".a.h5.partial-\(pid_t.max)-1"
    let alive = ".a.h5.partial-\(getppid())-1"
    for name in [abandoned, alive] { try Data().write(to: URL(fileURLWithPath: folder.file(name))) }
    try File.writeAtomically(to: folder.file("a.h5")) { try $0.write("x", [1.0]) }
    #expect(try folder.names == [alive, "a.h5"])
  }

  @Test func openFileStaysReadableWhenItIsReplaced() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try File.writeAtomically(to: path) { try $0.write("x", [1.0]) }
    let old = try File.open(path).root
    try File.writeAtomically(to: path) { try $0.write("x", [2.0]) }
    #expect(try old.dataset("x").read(as: Double.self) == [1])
    #expect(try File.open(path).root.dataset("x").read(as: Double.self) == [2])
  }

  @Test func outputWithoutAFolderIsRefused() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: FileError.self) {
      try File.writeAtomically(to: folder.file("no/a.h5")) { _ in }
    }
    #expect("\(try #require(error))".contains("no such folder"))
    #expect(throws: FileError.unwritable(path: folder.path, reason: "it is a folder")) {
      try AtomicFile.write(Data(), to: folder.path)
    }
  }

  @Test(.enabled(if: FullDisk.isAvailable), arguments: [100_000, 1_000, 120, 8])
  func fullDiskIsSaidAndLeavesNothing(count: Int) throws {
    let disk = try FullDisk(freeByteCount: 4096)
    let path = "\(disk.path)/a.h5"
    let error = #expect(throws: FileError.self) {
      try File.writeAtomically(to: path) { root in
        for index in 0..<4 { try root.write("x\(index)", [Double](repeating: 1, count: count)) }
        try root.createDataset("chunked", .float64, shape: [count], chunk: [8]).write(
          [UInt8](repeating: 1, count: count * 8))
      }
    }
    #expect(error == .unwritable(path: path, reason: "No space left on device"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["filler"])
    // The library is usable afterwards.
    let folder = try TemporaryFolder()
    try File.writeAtomically(to: folder.file("b.h5")) { try $0.write("x", [1.0]) }
    #expect(try File.open(folder.file("b.h5")).root.names == ["x"])
  }
}

/// A small file system in memory that is nearly full; only where the tests may mount one.
final class FullDisk {
  static let isAvailable: Bool = {
    guard getuid() == 0, let disk = try? FullDisk(freeByteCount: 0) else { return false }
    return withExtendedLifetime(disk) { true }
  }()

  let path: String
  private let folder: TemporaryFolder

  init(freeByteCount: Int) throws {
    folder = try TemporaryFolder()
    path = folder.path
    try Self.run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path)
    try Data(count: (1 << 20) - freeByteCount).write(to: URL(fileURLWithPath: "\(path)/filler"))
  }

  deinit { try? Self.run("umount", "--lazy", path) }

  private static func run(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Python.Failure(output: "\(arguments)") }
  }
}
