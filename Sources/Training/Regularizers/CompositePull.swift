import Foundation
import Torch

/// Several pulls under one name.
struct CompositePull: Regularizer {
  let parameterNames: [String]
  let isIndependentOfInputs = true
  private let title: String
  private let pulls: [Pull]
  private let weightCounts: [Int]
  /// More lines of its summary: how its importances came out.
  private let notes: [String]

  init(title: String, _ pulls: [Pull], trainable: TrainableParameters, notes: [String] = []) {
    self.title = title
    self.pulls = pulls
    self.notes = notes
    weightCounts = pulls.map { pull in pull.indices.reduce(0) { $0 + trainable.weightCount($1) } }
    parameterNames = pulls.flatMap(\.indices).map { trainable.names[$0] }
  }

  func summary(stepsPerEpoch: Int) -> String {
    let parts = zip(pulls, weightCounts).filter { !$0.0.indices.isEmpty }.map { pull, count in
      let tensors = "\(pull.indices.count) tensor\(pull.indices.count == 1 ? "" : "s")"
      let subject = "\(tensors) (\(grouped(count)) weights) with \(short(pull.strength)): "
      guard pull.largestImportance == 1 else {
        return subject + "lr × strength × largest importance \(short(pull.largestShare)), stable below 2"
      }
      let left = remainder(after: stepsPerEpoch, share: pull.largestShare)
      return subject + "lr × strength \(short(pull.largestShare)), stable below 2; "
        + "\(String(format: "%.2g", 100 * (1 - left))) % of any displacement is pulled back within an epoch"
    }
    let pulling = parts.isEmpty ? "nothing" : parts.joined(separator: "\n  and toward zero on ")
    return (["\(title) \(pulling)"] + notes).joined(separator: "\n  ")
  }

  private func remainder(after steps: Int, share: Double) -> Double {
    (0..<steps).reduce(1.0) { left, _ in left * (1 - share) }
  }

  var replacesWeightDecay: Set<String> { Set(parameterNames) }

  func addGradient(to gradients: [Tensor]) throws -> Double { try addGradientDeferring(to: gradients).value() }

  func addGradientDeferring(to gradients: [Tensor]) throws -> PendingNumber {
    try pulls.reduce(PendingNumber(0)) { $0 + (try $1.addGradient(to: gradients)) }
  }

  func addEquivalentGradient(to gradients: [Tensor]) throws {
    for pull in pulls { try pull.addEquivalentGradient(to: gradients) }
  }

  func afterStep(factor: Double) throws {
    for pull in pulls { try pull.afterStep(factor: factor) }
  }

  /// Of the first pull that acts on anything: the one toward w⁰ where there is one.
  func sharePerStep() throws -> Double? { try pulls.first { !$0.indices.isEmpty }?.sharePerStep() }
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
