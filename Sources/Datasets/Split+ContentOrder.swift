import Files

extension Split {
  /// Some examples in an order that their contents alone give, by a checksum: the same batches come of the same
  /// examples however their file is sorted, and each batch is a mixture of all of them.
  ///
  /// - Throws: ``DatasetError`` where images are decoded for it and one cannot be read.
  /// - Complexity: reads every input of these examples once.
  public func orderedByContents(_ indices: [Int]) throws -> [Int] {
    var keys = [String](repeating: "", count: indices.count)
    // Several at once, as images are decoded side by side.
    for input in inputs {
      let size = input.exampleByteCount
      let blockLength = max(1, (1 << 24) / max(1, size))
      for start in stride(from: 0, to: indices.count, by: blockLength) {
        let block = start..<min(start + blockLength, indices.count)
        try gather(indices[block], of: input).withUnsafeBytes { bytes in
          for place in block {
            let first = (place - start) * size
            keys[place] += Checksum.xxh3(UnsafeRawBufferPointer(rebasing: bytes[first..<first + size]))
          }
        }
      }
    }
    return zip(keys, indices).sorted { $0 < $1 }.map(\.1)
  }
}
