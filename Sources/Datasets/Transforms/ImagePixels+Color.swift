extension ImagePixels {
  /// Multiplies every value: 0 is black, 1 changes nothing.
  func adjustBrightness(by factor: Double) {
    let factor = Float(factor)
    map(bytes) { Self.byte(Float($0) * factor) }
  }

  /// Moves every value away from the image's mean grey: 0 is that grey everywhere, 1 changes nothing.
  func adjustContrast(by factor: Double) {
    var sum = 0
    if channelCount == 3 {
      for pixel in 0..<pixelCount { sum &+= Int(grey(pixel)) }
    } else {
      for value in bytes { sum &+= Int(value) }
    }
    let rest = Float(sum) / Float(pixelCount) * Float(1 - factor)
    let factor = Float(factor)
    map(bytes) { Self.byte(Float($0) * factor + rest) }
  }

  /// Moves every colour away from its own grey: 0 is grey, 1 changes nothing. Grey images stay as they are.
  func adjustSaturation(by factor: Double) {
    guard channelCount == 3 else { return }
    let rest = Float(1 - factor)
    let factor = Float(factor)
    let planeSize = pixelCount
    for pixel in 0..<planeSize {
      let base = Float(grey(pixel)) * rest
      for position in [pixel, pixel + planeSize, pixel + 2 * planeSize] {
        bytes[position] = Self.byte(Float(bytes[position]) * factor + base)
      }
    }
  }

  /// The luma of a pixel of a colour image, ITU-R BT.601 with torchvision's digits, its fraction cut off.
  @inline(__always)
  private func grey(_ pixel: Int) -> UInt32 {
    let red = UInt32(bytes[pixel])
    let green = UInt32(bytes[pixel + pixelCount])
    let blue = UInt32(bytes[pixel + 2 * pixelCount])
    return (red &* 2989 &+ green &* 5870 &+ blue &* 1140) / 10000
  }
}
