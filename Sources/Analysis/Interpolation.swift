import Checkpoints
import Programs
import Torch

/// The line between two checkpoints: `(1 − λ) w⁰ + λ w`, all floating tensors, running statistics included; integer
/// buffers are those of the nearer end.
///
/// The ends are exact: λ 0 gives the tensors of `before` and λ 1 those of `after`, bit by bit. In between, sums are in
/// float64 and rounded once.
///
/// Wortsman et al., "Robust fine-tuning of zero-shot models" (WiSE-FT), CVPR 2022.
public struct Interpolation {
  /// The end at λ 0.
  public let before: Checkpoint
  /// The end at λ 1; its task is that of every checkpoint in between.
  public let after: Checkpoint
  /// Whether heads stay as they are in `after`, where otherwise those that both have are interpolated too.
  public let keepsHeads: Bool

  /// - Throws: ``AnalysisError/nothingToCompare(_:)`` where the backbones are not the same tensors.
  public init(before: Checkpoint, after: Checkpoint, keepsHeads: Bool = false) throws {
    self.before = before
    self.after = after
    self.keepsHeads = keepsHeads
    let headNames = Set(after.program.headParameterNames)
    for (name, tensor) in after.parameters.merging(after.buffers, uniquingKeysWith: { $1 })
    where !headNames.contains(name) {
      guard let start = before.parameters[name] ?? before.buffers[name] else {
        throw AnalysisError.nothingToCompare("'\(name)' is only in the checkpoint after: nothing lies between them")
      }
      guard start.shape == tensor.shape else {
        throw AnalysisError.nothingToCompare(
          "'\(name)' has shape \(start.shape) before and \(tensor.shape) after: nothing lies between them")
      }
    }
  }

  /// The checkpoint at λ, with all heads; its task is that of `after`.
  ///
  /// - Parameter share: λ, 0 for `before`, 1 for `after`; beyond 1 on the same line, further than `after`.
  public func checkpoint(at share: Double) throws -> Checkpoint {
    var result = after
    result.parent = nil
    // How much a weight mattered says nothing of a weight that lies elsewhere.
    result.importances = [:]
    for (task, head) in before.heads where after.heads[task] == nil { result.heads[task] = head }
    for (task, head) in after.heads {
      guard !keepsHeads, let start = before.heads[task] else { continue }
      result.heads[task]?.tensors = try blend(start.tensors, head.tensors, share)
    }
    let headNames = Set(after.program.headParameterNames)
    result.parameters = try blend(before.parameters, after.parameters.filter { !headNames.contains($0.key) }, share)
    let active = result.heads[after.task]?.tensors ?? [:]
    for name in headNames { result.parameters[name] = active[name] ?? after.parameters[name] }
    result.buffers = try blend(before.buffers, after.buffers, share)
    return result
  }

  private func blend(
    _ start: [String: TensorView], _ end: [String: TensorView], _ share: Double
  ) throws -> [String: TensorView] {
    try Dictionary(
      uniqueKeysWithValues: end.map { name, tensor in
        guard let first = start[name], first.shape == tensor.shape else { return (name, tensor) }
        if share == 1 { return (name, tensor) }
        if share == 0 { return (name, first) }
        guard tensor.elementType.isFloatingPoint, first.elementType.isFloatingPoint else {
          return (name, share <= 0.5 ? first : tensor)
        }
        return (name, try Self.blend(first, tensor, share))
      })
  }

  private static func blend(_ first: TensorView, _ second: TensorView, _ share: Double) throws -> TensorView {
    let end = try Tensor.copying(second)
    let sum = try Tensor.copying(first).to(.float64).multiply(by: 1 - share)
      .add(end.to(.float64).multiply(by: share))
    return try sum.to(end.type ?? .float32).view()
  }
}
