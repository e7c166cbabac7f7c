extension ImagePixels {
  /// Replaces the image by a part of it, enlarged to the whole size: bilinear, columns first, in bytes.
  ///
  /// A part is never larger than the whole, so that antialiasing, which only smooths what is made smaller, has
  /// nothing to do: the result is the one with antialiasing.
  ///
  /// - Parameters:
  ///   - part: within the image.
  func enlarge(_ part: ImagePart) {
    precondition(part.height > 0 && part.width > 0, "\(part)")
    precondition(part.top >= 0 && part.left >= 0, "\(part)")
    precondition(part.top + part.height <= height && part.left + part.width <= width, "\(part) of \(height) × \(width)")
    guard part.height < height || part.width < width else { return }
    let columns = BilinearTaps.taps(from: part.width, to: width)
    let rows = BilinearTaps.taps(from: part.height, to: height)
    let wide = room
    for channel in 0..<channelCount {
      let plane = self.channel(channel)
      for row in 0..<part.height {
        let start = (part.top + row) * width + part.left
        let target = row * width
        columns.withUnsafeBufferPointer { columns in
          for column in 0..<width { wide[target + column] = columns[column].blend(plane, start, 1) }
        }
      }
      for row in 0..<height {
        let taps = rows[row]
        let target = row * width
        for column in 0..<width { plane[target + column] = taps.blend(wide, column, width) }
      }
    }
  }
}

/// A rectangle of an image.
struct ImagePart: Equatable {
  let top: Int
  let left: Int
  let height: Int
  let width: Int
}

/// The two neighbours that an enlarged pixel lies between and their weights, in 1/16384 as PyTorch has them for bytes.
private struct BilinearTaps {
  let first: Int
  let second: Int
  let firstWeight: Int32
  let secondWeight: Int32

  /// One for each of the enlarged pixels; `sourceCount` is at most `count`.
  static func taps(from sourceCount: Int, to count: Int) -> [BilinearTaps] {
    let scale = Double(sourceCount) / Double(count)
    return (0..<count).map { position in
      // From the middle of the first source pixel, which has nothing before it; likewise at the end.
      let place = min(max(scale * (Double(position) + 0.5) - 0.5, 0), Double(sourceCount - 1))
      let first = Int(place)
      let fraction = place - Double(first)
      return BilinearTaps(
        first: first, second: min(first + 1, sourceCount - 1),
        firstWeight: Int32((1 - fraction) * 16384 + 0.5), secondWeight: Int32(fraction * 16384 + 0.5))
    }
  }

  @inline(__always)
  func blend(_ source: UnsafeMutableBufferPointer<UInt8>, _ start: Int, _ stride: Int) -> UInt8 {
    let sum =
      Int32(source[start + first * stride]) &* firstWeight
      &+ Int32(source[start + second * stride]) &* secondWeight
    return UInt8(truncatingIfNeeded: min((sum &+ 8192) >> 14, 255))
  }
}
