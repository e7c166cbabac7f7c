import Foundation

/// A zip file of entries that are not compressed.
struct StoredZip {
  private(set) var data = Data()

  init(_ entries: [(name: String, data: Data)]) {
    var directory = Data()
    for (name, entry) in entries {
      let start = UInt32(data.count)
      let length = UInt32(entry.count)
      // Flags, method, time, date; the checksum, which is not asked for; lengths of data, name and extra field.
      let common: [any FixedWidthInteger] = [
        UInt16(0), UInt16(0), UInt16(0), UInt16(0), UInt32(0), length, length, UInt16(name.utf8.count), UInt16(0),
      ]
      data += Self.bytes([UInt32(0x0403_4B50), UInt16(20)] + common) + Data(name.utf8) + entry
      directory += Self.bytes([UInt32(0x0201_4B50), UInt16(20), UInt16(20)] + common)
      directory += Self.bytes([UInt16(0), UInt16(0), UInt16(0), UInt32(0), start]) + Data(name.utf8)
    }
    let (count, length, start) = (UInt16(entries.count), UInt32(directory.count), UInt32(data.count))
    data += directory
    data += Self.bytes([UInt32(0x0605_4B50), UInt16(0), UInt16(0), count, count, length, start, UInt16(0)])
  }

  private static func bytes(_ numbers: [any FixedWidthInteger]) -> Data {
    numbers.reduce(into: Data()) { $0 += littleEndian($1) }
  }

  private static func littleEndian(_ number: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: number.littleEndian) { Data($0) }
  }
}
