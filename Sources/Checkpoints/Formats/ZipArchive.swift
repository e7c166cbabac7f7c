import CZlib
import Files
import Foundation

/// The entries of a zip file, read from a mapping of it: PyTorch's archives are zip files whose entries lie in them as
/// they are, so nothing is copied.
///
/// Everything the file says of itself is checked before it is used: places, lengths, overlaps. Compressed entries are
/// known by name alone: no tensor is in one (TorchScript compresses its source), and they can be made to swell without
/// bound.
struct ZipArchive {
  /// One file in the archive.
  struct Entry: Equatable {
    let name: String
    /// Where its bytes begin in the archive.
    let offset: Int
    let byteCount: Int
    /// The checksum the archive has for them.
    let crc32: UInt32
  }

  let file: MappedFile
  /// Those that lie in the file as they are.
  let entries: [Entry]
  /// The names of those that are compressed, and are not read.
  let compressed: Set<String>
  private let positions: [String: Int]

  /// Whether a file begins like a zip file.
  static func isZip(_ file: MappedFile) -> Bool {
    file.withUnsafeBytes { $0.starts(with: [0x50, 0x4B, 0x03, 0x04]) || $0.starts(with: [0x50, 0x4B, 0x05, 0x06]) }
  }

  /// - Throws: ``CheckpointError/malformed(path:reason:)``.
  init(_ file: MappedFile) throws {
    let (entries, compressed) = try file.withUnsafeBytes { bytes in
      try Directory(bytes: LittleEndianBytes(bytes, path: file.path), path: file.path).entries()
    }
    self.file = file
    self.entries = entries
    self.compressed = compressed
    positions = Dictionary(entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  /// The entry of that name.
  ///
  /// - Throws: ``CheckpointError/malformed(path:reason:)`` for one that is compressed.
  func entry(_ name: String) throws -> Entry? {
    guard !compressed.contains(name) else {
      throw CheckpointError.malformed(
        path: file.path, reason: "its entry '\(name)' is compressed; PyTorch stores what is read as it is")
    }
    return positions[name].map { entries[$0] }
  }

  /// Lends an entry's bytes for the time of the call.
  func withBytes<Result>(of entry: Entry, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try file.withUnsafeBytes { bytes in
      try body(UnsafeRawBufferPointer(rebasing: bytes[entry.offset..<entry.offset + entry.byteCount]))
    }
  }

  /// The checksum of an entry's bytes as they are.
  func crc32(of entry: Entry) -> UInt32 {
    withBytes(of: entry) { UInt32(crc32_z(0, $0.bindMemory(to: UInt8.self).baseAddress, $0.count)) }
  }

  /// A copy of an entry's bytes.
  func data(of entry: Entry) -> Data { withBytes(of: entry) { Data($0) } }
}

/// The central directory of a zip file, and the local headers it points to.
private struct Directory {
  let bytes: LittleEndianBytes
  let path: String

  private static let endSignature: UInt32 = 0x0605_4B50
  private static let end64LocatorSignature: UInt32 = 0x0706_4B50
  private static let end64Signature: UInt32 = 0x0606_4B50
  private static let entrySignature: UInt32 = 0x0201_4B50
  private static let localSignature: UInt32 = 0x0403_4B50
  private static let endLength = 22

  func entries() throws -> (stored: [ZipArchive.Entry], compressed: Set<String>) {
    let end = try findEnd()
    var (count, size, start) = (
      Int(try bytes.uint16(at: end + 10)), Int(try bytes.uint32(at: end + 12)), Int(try bytes.uint32(at: end + 16))
    )
    if end >= 20, try bytes.uint32(at: end - 20) == Self.end64LocatorSignature {
      let end64 = try bytes.length(at: end - 12)
      guard try bytes.uint32(at: end64) == Self.end64Signature else {
        throw malformed("its zip64 directory is damaged")
      }
      (count, size, start) = (
        try bytes.length(at: end64 + 32), try bytes.length(at: end64 + 40), try bytes.length(at: end64 + 48)
      )
    }
    guard start <= end, size <= end - start, count <= size / 46 else {
      throw malformed("its zip directory lies outside the file")
    }
    var entries: [ZipArchive.Entry] = []
    entries.reserveCapacity(count)
    var names: Set<String> = []
    var compressed: Set<String> = []
    var position = start
    for _ in 0..<count {
      let (entry, isCompressed) = try readEntry(&position, directoryStart: start, directoryEnd: start + size)
      guard names.insert(entry.name).inserted else { throw malformed("it has two entries named '\(entry.name)'") }
      if isCompressed { compressed.insert(entry.name) } else { entries.append(entry) }
    }
    let ordered = entries.filter { $0.byteCount > 0 }.sorted { $0.offset < $1.offset }
    for (entry, next) in zip(ordered, ordered.dropFirst()) where entry.offset + entry.byteCount > next.offset {
      throw malformed("its entries '\(entry.name)' and '\(next.name)' overlap")
    }
    return (entries, compressed)
  }

  // The end record is last, followed by a comment of at most 65,535 bytes.
  private func findEnd() throws -> Int {
    let last = bytes.count - Self.endLength
    guard last >= 0 else { throw malformed("too short for a zip file: it is truncated") }
    for position in stride(from: last, through: max(0, last - 65_535), by: -1)
    where try bytes.uint32(at: position) == Self.endSignature {
      return position
    }
    throw malformed("a zip file without its central directory: it is truncated or was not written to the end")
  }

  private func readEntry(
    _ position: inout Int, directoryStart: Int, directoryEnd: Int
  ) throws -> (ZipArchive.Entry, isCompressed: Bool) {
    let start = position
    guard start + 46 <= directoryEnd, try bytes.uint32(at: start) == Self.entrySignature else {
      throw malformed("its zip directory is damaged")
    }
    let flags = try bytes.uint16(at: start + 8)
    let method = try bytes.uint16(at: start + 10)
    let nameLength = Int(try bytes.uint16(at: start + 28))
    let extraLength = Int(try bytes.uint16(at: start + 30))
    let commentLength = Int(try bytes.uint16(at: start + 32))
    position = start + 46 + nameLength + extraLength + commentLength
    guard position <= directoryEnd else { throw malformed("its zip directory is damaged") }
    let name = try bytes.text(at: start + 46, count: nameLength)
    guard flags & 1 == 0 else { throw malformed("its entry '\(name)' is encrypted") }
    var compressed = Int(try bytes.uint32(at: start + 20))
    var uncompressed = Int(try bytes.uint32(at: start + 24))
    var header = Int(try bytes.uint32(at: start + 42))
    try readZip64(
      at: start + 46 + nameLength, count: extraLength, &uncompressed, &compressed, &header)
    guard method != 0 || compressed == uncompressed else { throw malformed("its entry '\(name)' gives two lengths") }
    // The local header repeats the name, and its extra field (PyTorch's padding) may have another length.
    guard header <= directoryStart - 30, try bytes.uint32(at: header) == Self.localSignature else {
      throw malformed("its entry '\(name)' points outside the file")
    }
    let offset = header + 30 + Int(try bytes.uint16(at: header + 26)) + Int(try bytes.uint16(at: header + 28))
    guard offset <= directoryStart, compressed <= directoryStart - offset else {
      throw malformed("its entry '\(name)' has \(compressed) bytes, more than the file holds")
    }
    let entry = ZipArchive.Entry(
      name: name, offset: offset, byteCount: compressed, crc32: try bytes.uint32(at: start + 16))
    return (entry, method != 0)
  }

  /// Lengths and places of 4 GiB or more stand in an extra field, in this order, each only where it is needed.
  private func readZip64(
    at start: Int, count: Int, _ uncompressed: inout Int, _ compressed: inout Int, _ header: inout Int
  ) throws {
    let needed = Int(UInt32.max)
    var position = start
    while position + 4 <= start + count {
      let length = Int(try bytes.uint16(at: position + 2))
      if try bytes.uint16(at: position) == 1 {
        var field = position + 4
        func next(_ value: inout Int) throws {
          guard value == needed else { return }
          guard field + 8 <= position + 4 + length else { throw malformed("its zip64 lengths are damaged") }
          value = try bytes.length(at: field)
          field += 8
        }
        try next(&uncompressed)
        try next(&compressed)
        try next(&header)
      }
      position += 4 + length
    }
  }

  private func malformed(_ reason: String) -> CheckpointError { .malformed(path: path, reason: reason) }
}

/// Bytes read as little-endian numbers, every place checked.
struct LittleEndianBytes {
  private let bytes: UnsafeRawBufferPointer
  private let path: String

  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
  }

  var count: Int { bytes.count }

  func uint16(at offset: Int) throws -> UInt16 { try number(at: offset) }
  func uint32(at offset: Int) throws -> UInt32 { try number(at: offset) }

  /// A 64-bit length or place that is one in this file.
  func length(at offset: Int) throws -> Int {
    let value: UInt64 = try number(at: offset)
    guard value <= UInt64(bytes.count) else { throw outside(offset) }
    return Int(value)
  }

  func text(at offset: Int, count: Int) throws -> String {
    guard offset >= 0, offset <= bytes.count, count <= bytes.count - offset else { throw outside(offset) }
    return String(decoding: bytes[offset..<offset + count], as: UTF8.self)
  }

  private func number<Number: FixedWidthInteger>(at offset: Int) throws -> Number {
    guard offset >= 0, offset <= bytes.count - MemoryLayout<Number>.size else { throw outside(offset) }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
  }

  private func outside(_ offset: Int) -> CheckpointError {
    .malformed(path: path, reason: "damaged: it refers to byte \(offset) of \(bytes.count)")
  }
}
