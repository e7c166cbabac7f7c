import Files
import Foundation
import Metrics
import Synchronization

/// Images on disk that are decoded when they are asked for: what is in memory does not grow with their number, but for
/// their names.
final class ImageFiles: Sendable {
  let files: [ImageFile]
  let preparation: ImagePreparation
  /// XXH3 of each file's bytes, as far as it was asked for.
  private let known: Mutex<[UInt64?]>

  init(_ files: [ImageFile], preparation: ImagePreparation) {
    self.files = files
    self.preparation = preparation
    known = Mutex(Array(repeating: nil, count: files.count))
  }

  /// Decodes some of them on all cores, each to its place.
  ///
  /// - Parameters:
  ///   - rows: which files, in order.
  ///   - target: `[rows, channels, height, width]`.
  ///   - write: told the position among the rows, the image, and where its bytes go; prepares it for evaluation unless
  ///     told otherwise.
  /// - Throws: what went wrong with the first of them that cannot be read, whichever thread met it.
  func decode(
    _ rows: [Int], to target: UnsafeMutableBufferPointer<UInt8>,
    _ write: (@Sendable (Int, DecodedImage, UnsafeMutableBufferPointer<UInt8>) -> Void)? = nil
  ) throws {
    for case let failure? in failures(decoding: rows, to: target, write) { throw failure }
  }

  /// Decodes all of them, each to its place.
  ///
  /// - Returns: for each, what went wrong.
  func decodeAll(to target: UnsafeMutableBufferPointer<UInt8>) -> [(any Error)?] {
    failures(decoding: Array(files.indices), to: target, nil)
  }

  /// Decodes all of them and keeps nothing.
  ///
  /// - Returns: for each, what went wrong.
  func check() -> [(any Error)?] {
    sideBySide(files.count) { [files] number in
      do {
        _ = try files[number].decoded()
        return nil
      } catch { return error }
    }
  }

  private func failures(
    decoding rows: [Int], to target: UnsafeMutableBufferPointer<UInt8>,
    _ write: (@Sendable (Int, DecodedImage, UnsafeMutableBufferPointer<UInt8>) -> Void)?
  ) -> [(any Error)?] {
    let size = preparation.shape.byteCount
    // Every file writes to a place of its own.
    nonisolated(unsafe) let target = target
    return sideBySide(rows.count) { [files, preparation] position in
      let place = UnsafeMutableBufferPointer(rebasing: target[position * size..<(position + 1) * size])
      do {
        let image = try files[rows[position]].decoded()
        if let write { write(position, image, place) } else { preparation.write(image, to: place) }
        return nil
      } catch { return error }
    }
  }

  /// XXH3 of the files of some rows and of their order; of one that is gone, zeros stand for its own.
  func checksum(of rows: [Int]) -> String {
    let unknown = known.withLock { known in Set(rows).filter { known[$0] == nil } }.sorted()
    let found = sideBySide(unknown.count) { [files] position -> UInt64? in
      let bytes = try? files[unknown[position]].bytes()
      return bytes.flatMap { UInt64($0.withUnsafeBytes(Checksum.xxh3), radix: 16) } ?? 0
    }
    return known.withLock { known in
      for (row, checksum) in zip(unknown, found) { known[row] = checksum ?? 0 }
      return rows.map { (known[$0] ?? 0).littleEndian }.withUnsafeBytes(Checksum.xxh3)
    }
  }
}
