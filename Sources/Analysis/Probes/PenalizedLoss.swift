import Torch

/// The mean loss of a linear function over examples, with an L2 penalty on all but its bias.
///
/// Its variables are the weights, each coordinate of the features in the unit in which a bound of the loss's curvature is 1
/// (Böhning, "Multinomial logistic regression algorithm", 1992): in the examples' principal axes that is near to what the
/// curvature is, and a minimum is found in fewer steps.
struct PenalizedLoss {
  /// What is right of the examples.
  enum Targets {
    /// Of each example one class, `[examples, 1]`, int64, and the same as one-hot rows; logits that are there without any
    /// weights, nil for zeros.
    case classes(Tensor, oneHot: Tensor, known: Tensor?)
    /// Of each example and label 1 or 0, `[examples, labels]`, float64.
    case labels(Tensor)
  }

  /// How many numbers are said of an example.
  let outputCount: Int
  private let targets: Targets
  /// `[examples, dimensions + 1]`, in the variables' units.
  private let values: Tensor
  /// Weights are variables times these, `[dimensions + 1, 1]`.
  private let units: Tensor
  /// Of each coordinate's variables; 0 for the bias.
  private let penalties: Tensor

  /// - Parameter penalty: of half the weights' square.
  init(_ prepared: PreparedFeatures, _ targets: Targets, outputCount: Int, penalty: Double) throws {
    self.targets = targets
    self.outputCount = outputCount
    let (count, width) = (prepared.values.shape[0], prepared.values.shape[1])
    let energies = try prepared.values.squared().sum(along: [0]).array(of: Double.self).map { $0 / Double(count) }
    let bound = if case .classes = targets { 0.5 } else { 0.25 }
    let units = energies.map { 1 / (bound * $0 + penalty).squareRoot() }
    let device = prepared.values.device
    self.units = try Tensor(units, shape: [width, 1], device: device)
    penalties = try Tensor(
      units.indices.map { $0 < width - 1 ? penalty * units[$0] * units[$0] : 0 }, shape: [width, 1], device: device)
    values = try prepared.values.multiply(Tensor(units, shape: [1, width], device: device))
  }

  var device: Device { values.device }

  /// How many variables there are.
  var variableCount: Int { units.shape[0] * outputCount }

  /// `[dimensions + 1, outputs]` of variables in a row.
  func weights(of variables: Tensor) throws -> Tensor {
    try variables.reshaped([-1, outputCount]).multiply(units)
  }

  /// The variables, in a row, of weights.
  func variables(of weights: Tensor) throws -> Tensor { try weights.divide(units).reshaped([-1]) }

  /// The largest element of the gradient by the weights.
  func largestSlope(_ gradient: Tensor) throws -> Double {
    try gradient.reshaped([-1, outputCount]).divide(units).absolute().maximum().item()
  }

  /// The loss, and its gradient by the variables, in a row.
  func value(_ variables: Tensor) throws -> (loss: Double, gradient: Tensor) {
    let count = Double(values.shape[0])
    let own = try variables.reshaped([-1, outputCount])
    let outputs = try values.matrixProduct(own)
    let penalized = try own.multiply(penalties)
    let pull = try penalized.multiply(own).sum().item() / 2
    let (loss, errors) = try lossAndErrors(outputs)
    let gradient = try Operator("aten::addmm").tensor([
      .tensor(penalized), .tensor(values.transposed()), .tensor(errors), .double(1), .double(1 / count),
    ])
    return (loss / count + pull, try gradient.reshaped([-1]))
  }

  /// The sum of the loss over examples, and its gradient by the outputs.
  private func lossAndErrors(_ outputs: Tensor) throws -> (loss: Double, errors: Tensor) {
    switch targets {
    case .classes(let labels, let oneHot, let known):
      let logarithms = try (known.map { try outputs.add($0) } ?? outputs).logSoftmax(along: 1)
      let own = try Operator("aten::gather").tensor([.tensor(logarithms), .int(1), .tensor(labels)])
      return (try -own.sum().item(), try logarithms.exponential().subtract(oneHot))
    case .labels(let labels):
      let sum = try outputs.binaryCrossEntropy(with: labels, reduction: .sum).item()
      return (sum, try outputs.sigmoid().subtract(labels))
    }
  }
}

extension Tensor {
  /// One-hot rows, `[examples, classes]`, float64.
  static func indicators(of classes: [Int], classCount: Int, device: Device) throws -> Tensor {
    var oneHot = [Double](repeating: 0, count: classes.count * classCount)
    for (index, place) in classes.enumerated() { oneHot[index * classCount + place] = 1 }
    return try Tensor(oneHot, shape: [classes.count, classCount], device: device)
  }
}
