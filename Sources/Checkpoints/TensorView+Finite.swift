extension TensorView {
  /// The place of the first element that is NaN or infinite; nil where all are finite, and for integers.
  public var firstNonFinite: Int? {
    // All bits of the exponent are set.
    switch elementType {
    case .float64: first(UInt64.self, exponent: 0x7FF0_0000_0000_0000)
    case .float32: first(UInt32.self, exponent: 0x7F80_0000)
    case .float16: first(UInt16.self, exponent: 0x7C00)
    case .bfloat16: first(UInt16.self, exponent: 0x7F80)
    case .float8E4M3FN: first(UInt8.self, exponent: 0x7F)
    case .float8E5M2: first(UInt8.self, exponent: 0x7C)
    case .complex64, .complex128: realParts.firstNonFinite.map { $0 / 2 }
    case .int64, .int32, .uint8, .bool, .int8, .int16, .uint16, .uint32, .uint64: nil
    }
  }

  private func first<Word: FixedWidthInteger>(_ type: Word.Type, exponent: Word) -> Int? {
    withUnsafeBytes { bytes in
      let words = bytes.bindMemory(to: Word.self)
      let length = 4096
      for start in stride(from: 0, to: words.count, by: length) {
        let block = start..<min(start + length, words.count)
        // Without a branch, so that the compiler can use wide instructions.
        var hits: Word = 0
        for index in block { hits |= words[index] & exponent == exponent ? 1 : 0 }
        if hits != 0 { return block.first { words[$0] & exponent == exponent } }
      }
      return nil
    }
  }
}
