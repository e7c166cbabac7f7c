import Checkpoints
import HDF5

/// What one pass over two tensors accumulates, in float64; sums of parts add.
struct DriftSums: Equatable, Sendable {
  /// Σ (a − b)²
  var squaredDifference = 0.0
  /// Σ a²
  var squaredBefore = 0.0
  /// Σ b²
  var squaredAfter = 0.0
  /// Σ a·b
  var product = 0.0
  /// max |a − b|
  var maxAbsolute = 0.0

  var l2: Double { squaredDifference.squareRoot() }

  /// ‖a − b‖ / ‖a‖; infinite where only a is zero.
  var relative: Double { maxAbsolute == 0 ? 0 : l2 / squaredBefore.squareRoot() }

  /// 1 exactly where nothing differs; 0 where one of the two is zero.
  var cosine: Double {
    if maxAbsolute == 0 { return 1 }
    let norms = squaredBefore.squareRoot() * squaredAfter.squareRoot()
    guard norms != 0 else { return 0 }
    let cosine = product / norms
    // Rounding may leave the range by an ulp. A comparison with NaN is false, which keeps it.
    return cosine > 1 ? 1 : cosine < -1 ? -1 : cosine
  }

  static func += (sums: inout DriftSums, part: DriftSums) {
    sums.squaredDifference += part.squaredDifference
    sums.squaredBefore += part.squaredBefore
    sums.squaredAfter += part.squaredAfter
    sums.product += part.product
    // A comparison with NaN is false: once there, it stays.
    if part.maxAbsolute.isNaN || part.maxAbsolute > sums.maxAbsolute { sums.maxAbsolute = part.maxAbsolute }
  }
}

extension DriftSums {
  /// The sums over some elements of two tensors of the same shape; their types may differ.
  init(_ before: TensorView, _ after: TensorView, elements: Range<Int>) {
    self = before.withUnsafeBytes { beforeBytes in
      after.withUnsafeBytes { afterBytes in
        guard let a = beforeBytes.baseAddress, let b = afterBytes.baseAddress, !elements.isEmpty else {
          return DriftSums()
        }
        let types = (before.elementType, after.elementType)
        let (a0, b0) = (a + elements.lowerBound * types.0.byteCount, b + elements.lowerBound * types.1.byteCount)
        switch types {
        case (.float32, .float32): return DriftSums(floats: a0, b0, count: elements.count)
        case (.float64, .float64): return DriftSums(doubles: a0, b0, count: elements.count)
        default: return DriftSums(converting: a0, types.0, b0, types.1, count: elements.count)
        }
      }
    }
  }

  /// Other types are widened exactly, a block that stays in the first-level cache at a time.
  private init(
    converting a: UnsafeRawPointer, _ typeA: ElementType, _ b: UnsafeRawPointer, _ typeB: ElementType, count: Int
  ) {
    self.init()
    let block = 1024
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * block) { floats in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * block) { doubles in
        guard let floatA = floats.baseAddress, let doubleA = doubles.baseAddress else { return }
        let (floatB, doubleB) = (floatA + block, doubleA + block)
        for start in stride(from: 0, to: count, by: block) {
          let size = min(block, count - start)
          let (fromA, fromB) = (a + start * typeA.byteCount, b + start * typeB.byteCount)
          if typeA.isHalf, typeB.isHalf {
            typeA.widenHalf(fromA, count: size, into: floatA)
            typeB.widenHalf(fromB, count: size, into: floatB)
            self += DriftSums(floats: floatA, floatB, count: size)
          } else {
            typeA.widen(fromA, count: size, into: doubleA)
            typeB.widen(fromB, count: size, into: doubleB)
            self += DriftSums(doubles: doubleA, doubleB, count: size)
          }
        }
      }
    }
  }

  private init(floats a: UnsafeRawPointer, _ b: UnsafeRawPointer, count: Int) {
    self.init(
      count: count,
      lanes: { index in
        let x = a.loadUnaligned(fromByteOffset: index * 4, as: SIMD4<Float>.self)
        let y = b.loadUnaligned(fromByteOffset: index * 4, as: SIMD4<Float>.self)
        return (SIMD4<Double>(x), SIMD4<Double>(y))
      },
      single: { index in
        (
          Double(a.loadUnaligned(fromByteOffset: index * 4, as: Float.self)),
          Double(b.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
        )
      })
  }

  private init(doubles a: UnsafeRawPointer, _ b: UnsafeRawPointer, count: Int) {
    self.init(
      count: count,
      lanes: { index in
        (
          a.loadUnaligned(fromByteOffset: index * 8, as: SIMD4<Double>.self),
          b.loadUnaligned(fromByteOffset: index * 8, as: SIMD4<Double>.self)
        )
      },
      single: { index in
        (
          a.loadUnaligned(fromByteOffset: index * 8, as: Double.self),
          b.loadUnaligned(fromByteOffset: index * 8, as: Double.self)
        )
      })
  }

  /// The one loop: four lanes of each sum, so that additions do not wait for each other.
  @inline(__always)
  private init(
    count: Int, lanes: (Int) -> (SIMD4<Double>, SIMD4<Double>), single: (Int) -> (Double, Double)
  ) {
    var difference = SIMD4<Double>.zero
    var before = SIMD4<Double>.zero
    var after = SIMD4<Double>.zero
    var product = SIMD4<Double>.zero
    var largest = SIMD4<Double>.zero
    let whole = count & ~3
    var index = 0
    while index < whole {
      let (x, y) = lanes(index)
      let gap = x - y
      let square = gap * gap
      difference += square
      before += x * x
      after += y * y
      product += x * y
      let magnitude = SIMD4<Double>(bitPattern: gap.bits & SIMD4(repeating: 0x7FFF_FFFF_FFFF_FFFF))
      largest.replace(with: magnitude, where: magnitude .> largest)
      index += 4
    }
    squaredDifference = difference.sum()
    squaredBefore = before.sum()
    squaredAfter = after.sum()
    self.product = product.sum()
    maxAbsolute = largest.max()
    while index < count {
      let (x, y) = single(index)
      squaredDifference += (x - y) * (x - y)
      squaredBefore += x * x
      squaredAfter += y * y
      self.product += x * y
      maxAbsolute = max(maxAbsolute, (x - y).magnitude)
      index += 1
    }
    if squaredDifference.isNaN { maxAbsolute = .nan }
  }
}

extension SIMD4<Double> {
  @inline(__always) fileprivate var bits: SIMD4<UInt64> { unsafeBitCast(self, to: SIMD4<UInt64>.self) }

  @inline(__always) fileprivate init(bitPattern: SIMD4<UInt64>) {
    self = unsafeBitCast(bitPattern, to: SIMD4<Double>.self)
  }
}

extension ElementType {
  fileprivate var isHalf: Bool { self == .float16 || self == .bfloat16 }

  /// Widens halves to float32 by their bits: the processor's own conversion is not in the baseline.
  fileprivate func widenHalf(_ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Float>) {
    // No overflow checks inside the loops: the compiler vectorizes them then.
    let target = UnsafeMutableRawPointer(target)
    if self == .bfloat16 {
      for index in 0..<count {
        let bits = source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)
        target.storeBytes(of: UInt32(bits) &<< 16, toByteOffset: index &* 4, as: UInt32.self)
      }
      return
    }
    // 2^112 moves the exponent's bias from 15 to 127, subnormal halves included.
    let rebias = Float(bitPattern: 239 &<< 23)
    for index in 0..<count {
      let bits = UInt32(source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self))
      let magnitude = Float(bitPattern: (bits & 0x7FFF) &<< 13) * rebias
      // The largest exponent stands for infinity and NaN in both.
      let special: UInt32 = bits & 0x7C00 == 0x7C00 ? 0x7F80_0000 : 0
      let widened = magnitude.bitPattern | special | ((bits & 0x8000) &<< 16)
      target.storeBytes(of: widened, toByteOffset: index &* 4, as: UInt32.self)
    }
  }

  /// Eight bits as the number they stand for: e4m3fn has no infinity and NaN where all bits are set, e5m2 is IEEE's.
  private static func float8(exponentBits: Int, bias: Int) -> (UInt8) -> Double {
    let mantissaBits = 7 - exponentBits
    let table = (0..<256).map { bits -> Double in
      let exponent = (bits & 0x7F) >> mantissaBits
      let mantissa = bits & ((1 << mantissaBits) - 1)
      let sign: Double = bits < 128 ? 1 : -1
      let isLargest = exponent == (1 << exponentBits) - 1
      if exponentBits == 5, isLargest { return mantissa == 0 ? sign * .infinity : .nan }
      if exponentBits == 4, bits & 0x7F == 0x7F { return .nan }
      let fraction = Double(mantissa) / Double(1 << mantissaBits)
      let power = Double(sign: .plus, exponent: max(exponent, 1) - bias, significand: 1)
      return sign * power * (exponent == 0 ? fraction : 1 + fraction)
    }
    return { table[Int($0)] }
  }

  fileprivate func widen(_ source: UnsafeRawPointer, count: Int, into target: UnsafeMutablePointer<Double>) {
    func each<Element: BitwiseCopyable>(_: Element.Type, _ convert: (Element) -> Double) {
      for index in 0..<count {
        target[index] = convert(
          source.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.stride, as: Element.self))
      }
    }
    switch self {
    case .float64: each(Double.self) { $0 }
    case .float32: each(Float.self) { Double($0) }
    case .int64: each(Int64.self) { Double($0) }
    case .int32: each(Int32.self) { Double($0) }
    case .uint8, .bool: each(UInt8.self) { Double($0) }
    case .int8: each(Int8.self) { Double($0) }
    case .int16: each(Int16.self) { Double($0) }
    case .uint16: each(UInt16.self) { Double($0) }
    case .uint32: each(UInt32.self) { Double($0) }
    case .uint64: each(UInt64.self) { Double($0) }
    case .float8E4M3FN: each(UInt8.self, Self.float8(exponentBits: 4, bias: 7))
    case .float8E5M2: each(UInt8.self, Self.float8(exponentBits: 5, bias: 15))
    case .complex64, .complex128: preconditionFailure("complex numbers are compared as their parts")
    case .float16, .bfloat16:
      withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { floats in
        guard let base = floats.baseAddress else { return }
        widenHalf(source, count: count, into: base)
        for index in 0..<count { target[index] = Double(base[index]) }
      }
    }
  }
}
