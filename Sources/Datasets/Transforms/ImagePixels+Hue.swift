extension ImagePixels {
  /// Turns every colour along the colour circle. Grey images stay as they are.
  ///
  /// - Parameters:
  ///   - turn: the part of the circle, from -0.5 to 0.5.
  func adjustHue(by turn: Double) {
    precondition(abs(turn) <= 0.5, "hue \(turn)")
    guard channelCount == 3 else { return }
    let turn = Float(turn)
    let (reds, greens, blues) = (channel(0), channel(1), channel(2))
    for pixel in 0..<pixelCount {
      let color = Self.turned(reds[pixel], greens[pixel], blues[pixel], by: turn)
      reds[pixel] = color.red
      greens[pixel] = color.green
      blues[pixel] = color.blue
    }
  }

  /// Through hue, saturation and value in float32, in the order of torchvision's operations.
  @inline(__always)
  private static func turned(
    _ redByte: UInt8, _ greenByte: UInt8, _ blueByte: UInt8, by turn: Float
  ) -> (red: UInt8, green: UInt8, blue: UInt8) {
    let unit = Float(1.0 / 255)
    let (red, green, blue) = (Float(redByte) * unit, Float(greenByte) * unit, Float(blueByte) * unit)
    let value = max(red, green, blue)
    let range = value - min(red, green, blue)
    let saturation = range == 0 ? 0 : range / value
    let divisor = range == 0 ? 1 : range
    let (fromRed, fromGreen, fromBlue) = ((value - red) / divisor, (value - green) / divisor, (value - blue) / divisor)
    let sixths =
      value == red
      ? fromBlue - fromGreen
      : value == green ? fromRed + 2 - fromBlue : fromGreen + 4 - fromRed
    var hue = sixths * Float(1.0 / 6) + 1
    if hue >= 1 { hue -= 1 }
    hue += turn
    if hue < 0 { hue += 1 }
    if hue >= 1 { hue -= 1 }
    // Sector 0 to 5 of the circle, and how far into it.
    let place = hue * 6
    let sector = Int(place)
    let part = saturation * (place - Float(sector))
    let high = level(value)
    let low = level((1 - saturation) * value)
    let falling = level((1 - part) * value)
    let rising = level((part + (1 - saturation)) * value)
    return switch sector {
    case 1: (falling, high, low)
    case 2: (low, high, rising)
    case 3: (low, falling, high)
    case 4: (rising, low, high)
    case 5: (high, low, falling)
    default: (high, rising, low)
    }
  }

  /// The byte of a number from 0 to 1, as torchvision converts it.
  @inline(__always)
  private static func level(_ value: Float) -> UInt8 { UInt8(min(max(value, 0), 1) * Float(255 + 1 - 1e-3)) }
}
