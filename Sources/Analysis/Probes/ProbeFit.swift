import Evaluation
import Torch

/// A probe that is to be fitted.
struct ProbeFit {
  let layer: String
  /// Which order its labels are in, of a control; nil of a probe.
  var permutation: UInt64?
}

extension [ProbeFit] {
  /// What fits come to, of several processes each done by one of them.
  ///
  /// - Parameters:
  ///   - features: of each layer `[rows, width]`.
  ///   - fit: in the order of the list; what it gives is given to all.
  func dealt(
    among processes: ProcessGroup?, features: [String: Tensor], _ fit: (ProbeFit) throws -> [Tensor]
  ) throws -> [[Tensor]] {
    // A step of a search takes as long as there are numbers in the space that is searched.
    let costs = map { own -> Double in
      let shape = features[own.layer]?.shape ?? [0, 0]
      return Double(shape[0] * Swift.min(shape[0], shape[1]))
    }
    let device = features.values.first?.device ?? .cpu
    return try SharedPass(over: processes, on: device).dealt(costs) { try fit(self[$0]) }
  }
}
