import Torch

/// `Ω = strength/2 · ‖w − w⁰‖²` on a set of parameters; w⁰ is zero for L2.
///
/// Li, Grandvalet, Davoine, "Explicit Inductive Bias for Transfer Learning with Convolutional Networks", ICML 2018.
struct Pull {
  let strength: Double
  let indices: [Int]
  private let weights: [Tensor]
  private let references: [Tensor]?
  private let learningRates: [Double]
  private let isDecoupled: Bool

  /// - Parameter makeReference: gives w⁰ of a parameter; nil pulls toward zero.
  init(
    toward makeReference: ((Tensor) throws -> Tensor)?, strength: Double, on names: Set<String>,
    of trainable: TrainableParameters, name: String, _ isDecoupled: Bool
  ) throws {
    self.strength = strength
    self.isDecoupled = isDecoupled
    let selected = trainable.names.indices.filter { names.contains(trainable.names[$0]) }
    indices = selected
    weights = selected.map { trainable.tensors[$0] }
    learningRates = selected.map { trainable.learningRates[$0] }
    references = try makeReference.map { make in try selected.map { try make(trainable.tensors[$0]) } }
    let rate = learningRates.max() ?? 0
    guard rate * strength < 2 else {
      throw TrainingError.unstable(regularizer: name, strength: strength, learningRate: rate, largest: 2 / rate)
    }
  }

  /// Learning rate × strength: the share of the displacement one step takes back, momentum not counted.
  var sharePerStep: Double { (learningRates.max() ?? 0) * strength }

  func addGradient(to gradients: [Tensor]) throws -> Double {
    let own = isDecoupled ? 0 : strength
    let distance = try pullGradients(indices.map { gradients[$0] }, of: weights, toward: references, strength: own)
    return strength / 2 * distance
  }

  /// `w -= lr·strength·(w − w⁰)`.
  func afterStep(factor: Double) throws {
    guard isDecoupled else { return }
    for rate in Set(learningRates) {
      let members = learningRates.indices.filter { learningRates[$0] == rate }
      let chosen = members.map { weights[$0] }
      _ = try pullGradients(
        chosen, of: chosen, toward: references.map { all in members.map { all[$0] } },
        strength: -rate * factor * strength)
    }
  }
}

/// Several pulls under one name.
struct CompositePull: Regularizer {
  let parameterNames: [String]
  private let title: String
  private let pulls: [Pull]
  private let weightCounts: [Int]

  init(title: String, _ pulls: [Pull], trainable: TrainableParameters) {
    self.title = title
    self.pulls = pulls
    weightCounts = pulls.map { pull in pull.indices.reduce(0) { $0 + trainable.tensors[$1].count } }
    parameterNames = pulls.flatMap(\.indices).map { trainable.names[$0] }
  }

  func summary(stepsPerEpoch: Int) -> String {
    let parts = zip(pulls, weightCounts).filter { !$0.0.indices.isEmpty }.map { pull, count in
      let left = (0..<stepsPerEpoch).reduce(1.0) { share, _ in share * (1 - pull.sharePerStep) }
      return "\(pull.indices.count) tensors (\(grouped(count)) weights) with \(short(pull.strength)): lr × strength "
        + "\(short(pull.sharePerStep)), stable below 2; \(short((100 * (1 - left)).rounded())) % of any displacement is "
        + "pulled back within an epoch"
    }
    return "\(title) " + (parts.isEmpty ? "nothing" : parts.joined(separator: "\n  and toward zero on "))
  }

  var replacesWeightDecay: Set<String> { Set(parameterNames) }

  func addGradient(to gradients: [Tensor]) throws -> Double {
    try pulls.reduce(0) { $0 + (try $1.addGradient(to: gradients)) }
  }

  func afterStep(factor: Double) throws {
    for pull in pulls { try pull.afterStep(factor: factor) }
  }
}

/// A count with thousands separators.
func grouped(_ count: Int) -> String {
  var text = ""
  for (offset, digit) in String(count).reversed().enumerated() {
    if offset > 0, offset.isMultiple(of: 3) { text.append(",") }
    text.append(digit)
  }
  return String(text.reversed())
}
