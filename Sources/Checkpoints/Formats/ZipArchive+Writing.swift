import CZlib
import Foundation

/// Writes a zip file as PyTorch does: entries as they are, each beginning at a multiple of 64 bytes, so that they can be
/// mapped; with the lengths and places of zip64 where 32 bits do not hold them.
///
/// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
final class ZipWriter {
  private struct Entry {
    let name: [UInt8]
    let header: Int
    let byteCount: Int
    let crc32: UInt32
  }

  private static let alignment = 64
  private let file: SequentialFile
  private let largest: Int
  private var entries: [Entry] = []

  /// - Parameter largest: the greatest number that is written in 32 bits; the format's own but in tests.
  init(_ file: SequentialFile, largest: Int = Int(UInt32.max) - 1) {
    self.file = file
    self.largest = largest
  }

  func add(_ name: String, _ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try add(name, $0) } }

  /// - Throws: `FileError.unwritable`.
  func add(_ name: String, _ bytes: UnsafeRawBufferPointer) throws {
    let entry = Entry(
      name: Array(name.utf8), header: file.position, byteCount: bytes.count,
      crc32: UInt32(crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)))
    entries.append(entry)
    var extra = zip64(entry.byteCount > largest ? [entry.byteCount, entry.byteCount] : [])
    // Padding is a field of its own, "FB" as PyTorch calls it.
    let start = entry.header + 30 + entry.name.count + extra.count + 4
    let padding = (Self.alignment - start % Self.alignment) % Self.alignment
    extra += field(0x4246, [UInt8](repeating: 0x5A, count: padding))
    var header = bytes32(0x0403_4B50) + bytes16(entry.byteCount > largest ? 45 : 0)
    header += common(entry) + bytes16(extra.count) + entry.name + extra
    try file.write(header)
    try file.write(bytes)
  }

  /// Writes the directory.
  func finish() throws {
    let start = file.position
    for entry in entries {
      let isLarge = entry.byteCount > largest
      let isFar = entry.header > largest
      let extra = zip64((isLarge ? [entry.byteCount, entry.byteCount] : []) + (isFar ? [entry.header] : []))
      var record = bytes32(0x0201_4B50) + bytes16(extra.isEmpty ? 0 : 45) + bytes16(extra.isEmpty ? 0 : 45)
      record += common(entry) + bytes16(extra.count) + [UInt8](repeating: 0, count: 10)
      record += bytes32(isFar ? Int(UInt32.max) : entry.header) + entry.name + extra
      try file.write(record)
    }
    let end = file.position
    if start > largest || end - start > largest || entries.count >= Int(UInt16.max) {
      var record = bytes32(0x0606_4B50) + bytes64(44) + bytes16(45) + bytes16(45) + bytes32(0) + bytes32(0)
      record += bytes64(entries.count) + bytes64(entries.count) + bytes64(end - start) + bytes64(start)
      record += bytes32(0x0706_4B50) + bytes32(0) + bytes64(end) + bytes32(1)
      try file.write(record)
    }
    var record = bytes32(0x0605_4B50) + bytes32(0)
    record += bytes16(min(entries.count, Int(UInt16.max))) + bytes16(min(entries.count, Int(UInt16.max)))
    record += bytes32(end - start > largest ? Int(UInt32.max) : end - start)
    record += bytes32(start > largest ? Int(UInt32.max) : start) + bytes16(0)
    try file.write(record)
  }

  /// What the local header and the directory have alike: UTF-8 names, no compression, no date.
  private func common(_ entry: Entry) -> [UInt8] {
    let count = entry.byteCount > largest ? Int(UInt32.max) : entry.byteCount
    let fixed = bytes16(1 << 11) + bytes16(0) + bytes16(0) + bytes16(0x21) + bytes32(Int(entry.crc32))
    return fixed + bytes32(count) + bytes32(count) + bytes16(entry.name.count)
  }

  private func zip64(_ numbers: [Int]) -> [UInt8] { numbers.isEmpty ? [] : field(1, numbers.flatMap(bytes64)) }
  private func field(_ kind: Int, _ data: [UInt8]) -> [UInt8] { bytes16(kind) + bytes16(data.count) + data }
  private func bytes16(_ number: Int) -> [UInt8] { bytes(number, 2) }
  private func bytes32(_ number: Int) -> [UInt8] { bytes(number, 4) }
  private func bytes64(_ number: Int) -> [UInt8] { bytes(number, 8) }
  private func bytes(_ number: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}
