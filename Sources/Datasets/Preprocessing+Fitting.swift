import Checkpoints
import HDF5

extension Preprocessing {
  /// The mean and deviation of each channel of a split's input, its first unless it is named, after division by its scale.
  ///
  /// Bytes are divided by 255, fractions by 1. At most 10,000 examples are read, evenly spaced, so the same split gives
  /// the same numbers. The deviation is the population's; 1 for a channel that never changes. Integers other than
  /// bytes are left as they are: mean 0, deviation 1.
  ///
  /// - Throws: ``DatasetError`` where images are decoded for it and one cannot be read.
  public static func fitted(to split: Split, input name: String? = nil) throws -> Preprocessing {
    guard let input = split.inputs.first(where: { name == nil || $0.name == name }), split.count > 0 else {
      return Preprocessing(scale: 1, mean: [0], standardDeviation: [1])
    }
    // [channels, height, width]: one statistic a channel. Anything else: one for all elements.
    let channelCount = input.shape.count == 3 ? input.shape[0] : 1
    let sampled = min(split.count, 10_000)
    let indices = (0..<sampled).map { $0 * split.count / sampled }
    var moments = [Moments](repeating: Moments(), count: channelCount)
    let blockLength = max(1, (1 << 20) / max(1, input.exampleByteCount))
    for start in stride(from: 0, to: sampled, by: blockLength) {
      let bytes = try split.gather(indices[start..<min(start + blockLength, sampled)], of: input)
      bytes.withUnsafeBytes { accumulate($0, input.elementType, exampleByteCount: input.exampleByteCount, &moments) }
    }
    let scale: Double = input.elementType == .uint8 ? 255 : 1
    return Preprocessing(
      scale: scale, mean: moments.map { $0.mean / scale },
      standardDeviation: moments.map { $0.deviation > 0 ? $0.deviation / scale : 1 })
  }

  private static func accumulate(
    _ bytes: UnsafeRawBufferPointer, _ type: ElementType, exampleByteCount: Int, _ moments: inout [Moments]
  ) {
    let planeByteCount = exampleByteCount / moments.count
    guard planeByteCount > 0 else { return }
    for (plane, start) in stride(from: 0, to: bytes.count, by: planeByteCount).enumerated() {
      let part = UnsafeRawBufferPointer(rebasing: bytes[start..<start + planeByteCount])
      let channel = plane % moments.count
      switch type {
      case .uint8:
        // Sums of small integers are exact, and much faster than a division an element.
        var sum: UInt64 = 0
        var squares: UInt64 = 0
        for byte in part {
          let value = UInt64(byte)
          sum &+= value
          squares &+= value &* value
        }
        moments[channel].add(count: part.count, sum: Double(sum), squares: Double(squares))
      case .float32: moments[channel].add(part.assumingMemoryBound(to: Float.self), Double.init)
      case .float64: moments[channel].add(part.assumingMemoryBound(to: Double.self)) { $0 }
      case .bfloat16:
        moments[channel].add(part.assumingMemoryBound(to: UInt16.self)) {
          Double(Float(bitPattern: UInt32($0) << 16))
        }
      case .float16: moments[channel].add(part.assumingMemoryBound(to: UInt16.self), half)
      default: return
      }
    }
  }

  /// IEEE half precision by its bits: Swift's own type is missing on some platforms.
  private static func half(_ bits: UInt16) -> Double {
    let sign: Double = bits >> 15 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Double(bits & 0x3FF)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * Double(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
    }
  }
}

/// Count, mean and summed squared deviation, put together from parts (Chan, Golub and LeVeque 1979): no cancellation
/// between large sums.
private struct Moments {
  private var count = 0.0
  private(set) var mean = 0.0
  private var squaredDeviation = 0.0

  var deviation: Double { count > 0 ? (squaredDeviation / count).squareRoot() : 0 }

  mutating func add(count partCount: Int, sum: Double, squares: Double) {
    let partMean = sum / Double(partCount)
    merge(Double(partCount), partMean, max(0, squares - sum * partMean))
  }

  mutating func add<Element>(_ values: UnsafeBufferPointer<Element>, _ number: (Element) -> Double) {
    var sum = 0.0
    for value in values { sum += number(value) }
    let partMean = sum / Double(values.count)
    var squared = 0.0
    for value in values { squared += (number(value) - partMean) * (number(value) - partMean) }
    merge(Double(values.count), partMean, squared)
  }

  private mutating func merge(_ partCount: Double, _ partMean: Double, _ partSquared: Double) {
    let total = count + partCount
    let difference = partMean - mean
    mean += difference * partCount / total
    squaredDeviation += partSquared + difference * difference * count * partCount / total
    count = total
  }
}
