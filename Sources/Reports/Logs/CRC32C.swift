/// The cyclic redundancy check of iSCSI and TFRecord: Castagnoli's polynomial, bits reflected.
///
/// RFC 3720, section 12.1 and appendix B.4.
enum CRC32C {
  /// The remainder of every byte; 0x82F63B78 is the polynomial 0x1EDC6F41 with its bits reversed.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { remainder, _ in
      remainder & 1 == 1 ? remainder >> 1 ^ 0x82F6_3B78 : remainder >> 1
    }
  }

  /// The checksum of bytes; 0 for none.
  static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { remainder, byte in
      remainder >> 8 ^ table[Int(UInt8(truncatingIfNeeded: remainder) ^ byte)]
    }
  }

  /// The checksum as TFRecord stores it, rotated and shifted: a checksum of data that holds its own says little.
  static func maskedChecksum(of bytes: some Sequence<UInt8>) -> UInt32 {
    let checksum = checksum(of: bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }
}
