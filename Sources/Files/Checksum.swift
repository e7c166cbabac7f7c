import CXXHash

/// XXH3, 64 bits: finds damage at the speed of memory. It does not protect against intent.
public enum Checksum {
  /// The checksum of these bytes, 16 hexadecimal digits.
  public static func xxh3(_ bytes: UnsafeRawBufferPointer) -> String {
    let digits = String(XXH3_64bits(bytes.baseAddress, bytes.count), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The checksum of a text's UTF-8.
  public static func xxh3(_ text: String) -> String { Array(text.utf8).withUnsafeBytes(xxh3) }
}
