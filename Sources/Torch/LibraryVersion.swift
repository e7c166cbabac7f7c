import Foundation

/// A version of libtorch. Its C++ functions hold within a minor version: another may lack some, or lay out its objects in
/// another way.
struct LibraryVersion: Equatable {
  let major: Int
  let minor: Int
  let patch: Int

  /// From a text as `2.13.0`, with whatever stands behind the numbers.
  init?(_ text: String) {
    let numbers = text.split(separator: ".").map { Int($0.prefix { $0.isASCII && $0.isNumber }) }
    guard numbers.count >= 3, let major = numbers[0], let minor = numbers[1], let patch = numbers[2] else { return nil }
    (self.major, self.minor, self.patch) = (major, minor, patch)
  }

  /// From what `aoti_torch_abi_version` gives: a byte each, the major version in the highest.
  init(bits: UInt64) {
    (major, minor, patch) = (Int(bits >> 56), Int(bits >> 48 & 0xFF), Int(bits >> 40 & 0xFF))
  }

  /// That of an opened libtorch; nil before 2.9 or so, which do not say.
  init?(ofLibrary handle: UnsafeMutableRawPointer) {
    guard let function = dlsym(handle, "aoti_torch_abi_version") else { return nil }
    typealias Version = @convention(c) () -> UInt64
    self.init(bits: unsafeBitCast(function, to: Version.self)())
  }

  /// `2.13`.
  var release: String { "\(major).\(minor)" }
  var description: String { "\(release).\(patch)" }
}
