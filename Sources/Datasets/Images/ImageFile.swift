import Files
import Foundation

/// An image on disk, as it was when its folder was listed.
struct ImageFile: Sendable {
  let path: String
  /// Below the split's folder.
  let name: String
  let label: Int32
  /// Its length and when it was last changed; nil where the system did not say.
  private let stamp: Stamp?

  init(path: String, name: String, label: Int32) {
    self.path = path
    self.name = name
    self.label = label
    var status = stat()
    stamp = stat(path, &status) == 0 ? Stamp(status) : nil
  }

  /// Decodes it.
  ///
  /// - Throws: ``DatasetError/unreadableImage(file:reason:)``, ``DatasetError/imageGone(file:)`` or
  ///   ``DatasetError/imageChanged(file:)``.
  func decoded() throws -> DecodedImage {
    let bytes = try bytes()
    do { return try DecodedImage(decoding: bytes) } catch let failure as DecodedImage.Failure {
      throw DatasetError.unreadableImage(file: path, reason: failure.reason)
    }
  }

  /// What the file holds.
  func bytes() throws -> [UInt8] {
    let (descriptor, status): (Int32, stat)
    do { (descriptor, status) = try RegularFile.open(path) } catch {
      if access(path, F_OK) != 0, errno == ENOENT { throw DatasetError.imageGone(file: path) }
      throw DatasetError.unreadableImage(file: path, reason: "the file cannot be read")
    }
    defer { close(descriptor) }
    if let stamp, stamp != Stamp(status) { throw DatasetError.imageChanged(file: path) }
    let size = Int(status.st_size)
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let taken = read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
        guard taken > 0 else { break }
        count += taken
      }
    }
    guard bytes.count == size else { throw DatasetError.imageChanged(file: path) }
    return bytes
  }

  private struct Stamp: Equatable {
    let byteCount: Int
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
      byteCount = Int(status.st_size)
      #if canImport(Glibc)
        let time = status.st_mtim
      #else
        let time = status.st_mtimespec
      #endif
      (seconds, nanoseconds) = (Int(time.tv_sec), Int(time.tv_nsec))
    }
  }
}
