import Metrics

/// Labels that stand for all that a model could give an example, where each costs a backward pass.
///
/// The Fisher information is `Σ_c p_c (∂log p_c/∂w)²`. Labels are drawn with chances in proportion to `p_c ‖e_c − p‖²`: the
/// slope of `log p_c` by the logits is `e_c − p`, so what a label is likely to add. Each then stands for `p_c` divided by its
/// chance, so that the expectation over draws is the sum over all labels; of a model that is sure, the label that it is
/// sure of is drawn as rarely as it matters little.
enum LabelDraw {
  /// Draws for an example; no more labels than these are all taken, and the sum is exact.
  static let count = 2

  /// The labels, each once, with what the square of its slope is multiplied by.
  ///
  /// - Parameter probabilities: of each label; their sum is 1.
  static func terms(
    _ probabilities: [Double], count: Int = count, using random: inout RandomSource
  ) -> [(label: Int, weight: Double)] {
    guard probabilities.count > count else { return probabilities.enumerated().map { ($0.offset, $0.element) } }
    let square = probabilities.reduce(0) { $0 + $1 * $1 }
    let sizes = probabilities.map { $0 * max(0, 1 - 2 * $0 + square) }
    let total = sizes.reduce(0, +)
    guard total > 0 else { return [] }
    var hits: [Int: Int] = [:]
    for _ in 0..<count {
      var rest = Double.random(in: 0..<total, using: &random)
      let label = sizes.firstIndex { size in
        rest -= size
        return rest < 0
      }
      if let label = label ?? sizes.lastIndex(where: { $0 > 0 }) { hits[label, default: 0] += 1 }
    }
    return hits.sorted { $0.key < $1.key }.map { label, hits in
      (label, probabilities[label] * Double(hits) / Double(count) * total / sizes[label])
    }
  }
}
