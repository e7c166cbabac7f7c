extension ImagePixels {
  /// Moves every value away from its smoothed neighbourhood: 0 is smooth, 1 changes nothing. The border stays.
  ///
  /// Smoothed is the mean over 3 × 3 pixels in which the middle counts five times, rounded.
  func adjustSharpness(by factor: Double) {
    guard height > 2, width > 2 else { return }
    let source = copied()
    let share = Float(1 - factor)
    for channel in 0..<channelCount {
      for row in 1..<height - 1 {
        let start = (channel * height + row) * width
        for middle in start + 1..<start + width - 1 {
          let value = Int32(source[middle])
          // 13 has no half, so that no sum lies between two integers: adding 6 rounds.
          let smooth =
            (Self.sum(source, middle - width) &+ Self.sum(source, middle) &+ Self.sum(source, middle + width)
              &+ 4 &* value &+ 6) / 13
          bytes[middle] = Self.byte(Float(value) + share * Float(smooth &- value))
        }
      }
    }
  }

  /// Three neighbours in a row.
  @inline(__always)
  private static func sum(_ source: UnsafeBufferPointer<UInt8>, _ middle: Int) -> Int32 {
    Int32(source[middle - 1]) &+ Int32(source[middle]) &+ Int32(source[middle + 1])
  }
}
