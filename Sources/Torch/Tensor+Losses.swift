import CTorchInterface

/// Operators found once, at their first use.
private enum Known {
  static let crossEntropy = find("aten::cross_entropy_loss")
  static let binaryCrossEntropy = find("aten::binary_cross_entropy_with_logits")
  static let squaredError = find("aten::mse_loss")
  static let absoluteError = find("aten::l1_loss")
  static let huber = find("aten::huber_loss")
  static let sigmoid = find("aten::sigmoid")
  static let equalsNumber = find("aten::eq", "Scalar")
  static let equals = find("aten::eq", "Tensor")
  static let atLeast = find("aten::ge", "Scalar")
  static let filled = find("aten::masked_fill", "Scalar")
  static let not = find("aten::logical_not")

  private static func find(_ name: String, _ overload: String = "") -> Result<Operator, any Error> {
    Result { try Operator(name, overload: overload) }
  }
}

extension Tensor {
  /// What becomes of the examples' losses; the numbers are ATen's.
  public enum LossReduction: Int, Sendable {
    case none = 0
    case mean = 1
    case sum = 2
  }

  /// Cross-entropy of these logits, `[batch, classes]` or `[batch, classes, …]`, against int64 class indices, `[batch]`
  /// or `[batch, …]`; an index of −100 is left out.
  ///
  /// - Parameter classWeights: `[classes]`; the mean is then the weighted one.
  public func crossEntropy(
    with labels: Tensor, classWeights: Tensor? = nil, labelSmoothing: Double = 0, reduction: LossReduction = .mean
  ) throws -> Tensor {
    try Known.crossEntropy.get().tensor(
      [
        .tensor(self), .tensor(labels), classWeights.map { .tensor($0) } ?? .none, .int(reduction.rawValue), .int(-100),
        .double(labelSmoothing),
      ])
  }

  /// The mean of ``crossEntropy(with:classWeights:labelSmoothing:reduction:)`` over the labels that are not −100, 0 where
  /// all are; in float32 where the logits are of half that.
  ///
  /// What is as large as the logits is made once, on the way back: their gradient. Probabilities are there slice by slice,
  /// and computed twice.
  ///
  /// - Parameter weighsByProbability: multiplies each one by the probability of its label, which gradients do not reach.
  public func slicedCrossEntropy(
    with labels: Tensor, labelSmoothing: Double = 0, weighsByProbability: Bool = false
  ) throws -> Tensor {
    try withExtendedLifetime((self, labels)) {
      var loss: OpaquePointer?
      try check(
        table.sliced_cross_entropy(handle, labels.handle, labelSmoothing, weighsByProbability ? 1 : 0, &loss),
        "sliced cross-entropy", table)
      return try Tensor(taking: loss, operation: "sliced cross-entropy")
    }
  }

  /// Cross-entropy of the logits of yes or no, against the probability of yes, of the same shape.
  public func binaryCrossEntropy(with probabilities: Tensor, reduction: LossReduction = .mean) throws -> Tensor {
    try Known.binaryCrossEntropy.get().tensor(
      [.tensor(self), .tensor(probabilities), .none, .none, .int(reduction.rawValue)])
  }

  /// `(x − y)²`.
  public func squaredError(from other: Tensor, reduction: LossReduction = .mean) throws -> Tensor {
    try Known.squaredError.get().tensor([.tensor(self), .tensor(other), .int(reduction.rawValue)])
  }

  /// `|x − y|`.
  public func absoluteError(from other: Tensor, reduction: LossReduction = .mean) throws -> Tensor {
    try Known.absoluteError.get().tensor([.tensor(self), .tensor(other), .int(reduction.rawValue)])
  }

  /// Huber's loss: `½ (x − y)²` where the difference is at most `delta`, `delta (|x − y| − ½ delta)` beyond.
  public func huberLoss(from other: Tensor, delta: Double = 1, reduction: LossReduction = .mean) throws -> Tensor {
    try Known.huber.get().tensor([.tensor(self), .tensor(other), .int(reduction.rawValue), .double(delta)])
  }

  /// `1 / (1 + e⁻ˣ)`.
  public func sigmoid() throws -> Tensor { try Known.sigmoid.get().tensor([.tensor(self)]) }
}

extension Tensor {
  /// In float32 where it is of half that: sums over many examples would lose what the numbers have.
  public func widened() throws -> Tensor { type == .float16 || type == .bfloat16 ? try to(.float32) : self }
}

// MARK: - Comparisons

extension Tensor {
  /// Where the elements are a number: booleans.
  public func equals(_ number: Int) throws -> Tensor {
    try Known.equalsNumber.get().tensor([.tensor(self), .int(number)])
  }

  /// Where the elements are those of another tensor: booleans.
  public func equals(_ other: Tensor) throws -> Tensor {
    try Known.equals.get().tensor([.tensor(self), .tensor(other)])
  }

  /// Where the elements are at least a number: booleans.
  public func isAtLeast(_ number: Double) throws -> Tensor {
    try Known.atLeast.get().tensor([.tensor(self), .double(number)])
  }

  /// Where these booleans are false.
  public func negated() throws -> Tensor { try Known.not.get().tensor([.tensor(self)]) }

  /// With a number wherever a mask of booleans is true.
  public func filled(where mask: Tensor, with number: Double) throws -> Tensor {
    try Known.filled.get().tensor([.tensor(self), .tensor(mask), .double(number)])
  }
}
