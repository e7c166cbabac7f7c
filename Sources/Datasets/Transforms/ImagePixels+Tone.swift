extension ImagePixels {
  /// Keeps the highest bits of every value.
  func posterize(toBits count: Int) {
    precondition((0...8).contains(count), "\(count) bits")
    let mask = UInt8(truncatingIfNeeded: 0xFF00 >> count)
    for position in bytes.indices { bytes[position] &= mask }
  }

  /// Inverts every value from a threshold up.
  func solarize(from threshold: Double) {
    map(bytes) { Double($0) >= threshold ? 255 - $0 : $0 }
  }

  /// Stretches each channel to run from 0 to 255; one that is constant stays as it is.
  func stretchContrast() {
    for number in 0..<channelCount {
      let plane = channel(number)
      var (darkest, brightest) = (UInt8.max, UInt8.min)
      for value in plane {
        darkest = min(darkest, value)
        brightest = max(brightest, value)
      }
      guard darkest < brightest else { continue }
      let unit = Float(brightest - darkest) * Float(1.0 / 255)
      map(plane) { Self.byte((Float($0) - Float(darkest)) / unit) }
    }
  }

  /// Spreads the values of each channel so that all are equally frequent, by Pillow's rule.
  func equalize() {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 256) { counts in
      for number in 0..<channelCount {
        let plane = channel(number)
        counts.initialize(repeating: 0)
        for value in plane { counts[Int(value)] &+= 1 }
        let brightestCount = counts.last { $0 > 0 } ?? 0
        let step = (Int32(pixelCount) - brightestCount) / 255
        guard step > 0 else { continue }
        var darkerCount: Int32 = 0
        map(plane) { value in
          defer { darkerCount += counts[Int(value)] }
          return UInt8(min((darkerCount + step / 2) / step, 255))
        }
      }
    }
  }
}
