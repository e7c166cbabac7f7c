import Files

extension Split {
  /// Some examples in an order that their contents alone give, by a checksum: the same batches come of the same
  /// examples however their file is sorted, and each batch is a mixture of all of them.
  ///
  /// - Complexity: reads every input of these examples once.
  public func orderedByContents(_ indices: [Int]) -> [Int] {
    let keyed = indices.map { index in
      (key: inputs.map { gather([index], of: $0).withUnsafeBytes(Checksum.xxh3) }.joined(), index: index)
    }
    return keyed.sorted { ($0.key, $0.index) < ($1.key, $1.index) }.map(\.index)
  }
}
