import Torch

/// `Ω = strength/2 · Σ F (w − w⁰)²` on a set of parameters; w⁰ is zero for L2, F one where nothing weighs them.
///
/// Its gradient `strength · F · (w − w⁰)` is added in place, in one pass over memory, with no graph.
struct Pull {
  let strength: Double
  let indices: [Int]
  /// The largest F.
  let largestImportance: Double
  private let weights: [Tensor]
  private let references: [Tensor]?
  private let importances: [Tensor]?
  private let learningRates: [Double]
  private let isDecoupled: Bool
  private let partSums: PartSums?

  /// - Parameters:
  ///   - indices: of the parameters, among the trainable ones.
  ///   - anchors: w⁰ of each; where it is now when nil.
  ///   - importances: F of each, in the parameters' shapes.
  /// - Throws: ``TrainingError/unstable(regularizer:strength:learningRate:importance:)``.
  init(
    on indices: [Int], of context: RegularizerContext, name: String, strength: Double, towardZero: Bool = false,
    anchors: [Tensor]? = nil, importances: [Tensor]? = nil
  ) throws {
    let trainable = context.trainable
    self.strength = strength
    self.indices = indices
    self.importances = importances
    isDecoupled = context.isDecoupled
    partSums = trainable.partSums
    weights = indices.map { trainable.tensors[$0] }
    learningRates = indices.map { trainable.learningRates[$0] }
    references = towardZero ? nil : try anchors ?? weights.map { try $0.detached().cloned() }
    let peaks = try importances.map { try Tensor.values(of: $0.map { try $0.maximum() }) }
    largestImportance = peaks?.max() ?? 1
    // Each parameter has its own rate and its own F: the largest product decides.
    for (position, rate) in learningRates.enumerated() {
      let importance = peaks?[position] ?? 1
      guard rate * strength * importance < 2 else {
        throw TrainingError.unstable(
          regularizer: name, strength: strength, learningRate: rate, importance: importances == nil ? nil : importance)
      }
    }
  }

  private var peakRate: Double { learningRates.max() ?? 0 }

  /// Learning rate × strength × largest importance: what must stay below 2.
  var largestShare: Double { peakRate * strength * largestImportance }

  /// Learning rate × strength, times the mean of F weighted by squared displacement: the share of the displacement one
  /// step takes back, momentum not counted.
  func sharePerStep() throws -> Double {
    guard let importances else { return peakRate * strength }
    // Strength 0 measures only: what is written to is thrown away.
    let scratch = try weights.map { try Tensor.zeros($0.shape, type: $0.type ?? .float32, device: $0.device) }
    let distance = try pullGradients(scratch, of: weights, toward: references, strength: 0).value()
    guard distance > 0 else {
      let total = try Tensor.values(of: importances.map { try $0.sum() }).reduce(0, +)
      return peakRate * strength * total / Double(max(1, importances.reduce(0) { $0 + $1.count }))
    }
    let weighted = try pullGradients(
      scratch, of: weights, toward: references, importances: importances, strength: 0
    ).value()
    return peakRate * strength * weighted / distance
  }

  func addGradient(to gradients: [Tensor]) throws -> PendingNumber {
    try addGradient(to: gradients, strength: isDecoupled ? 0 : strength)
  }

  func addEquivalentGradient(to gradients: [Tensor]) throws { _ = try addGradient(to: gradients, strength: strength) }

  private func addGradient(to gradients: [Tensor], strength own: Double) throws -> PendingNumber {
    func pulled(_ members: [Int]) throws -> PendingNumber {
      try pullGradients(
        members.map { gradients[indices[$0]] }, of: members.map { weights[$0] },
        toward: references.map { all in members.map { all[$0] } },
        importances: importances.map { all in members.map { all[$0] } }, strength: own)
    }
    let distance =
      try partSums.map { sums in
        let distances = try indices.indices.map { try pulled([$0]).value() }
        return PendingNumber(try sums.whole(distances, of: indices).reduce(0, +))
      } ?? pulled(Array(indices.indices))
    return distance.map { [strength] distance in strength / 2 * distance }
  }

  /// `w -= lr·strength·F·(w − w⁰)`, of the weights that train by now.
  func afterStep(factor: Double) throws {
    guard isDecoupled else { return }
    for rate in Set(learningRates) {
      // What waits for its stage requires no gradient.
      let members = learningRates.indices.filter { learningRates[$0] == rate && weights[$0].requiresGradient }
      guard !members.isEmpty else { continue }
      func chosen(_ all: [Tensor]) -> [Tensor] { members.map { all[$0] } }
      _ = try pullGradients(
        chosen(weights), of: chosen(weights), toward: references.map(chosen), importances: importances.map(chosen),
        strength: -rate * factor * strength)
    }
  }
}
