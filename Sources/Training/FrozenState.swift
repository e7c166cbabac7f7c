import Models
import Torch

/// What must not change: frozen parameters, and the buffers of layers that are frozen.
struct FrozenState {
  private let parameters: [String: Tensor]
  private let buffers: [String: Tensor]

  /// - Parameters:
  ///   - names: of the frozen parameters.
  ///   - layers: those whose buffers are frozen.
  init(of model: Model, names: [String], layers: Set<String>) throws {
    let frozenBuffers = model.program.layers.filter { layers.contains($0.name) }.flatMap(\.bufferNames)
    parameters = try Dictionary(
      uniqueKeysWithValues: names.compactMap { name in
        try model.parameters[name].map { (name, try $0.detached().cloned()) }
      })
    buffers = try Dictionary(
      uniqueKeysWithValues: frozenBuffers.compactMap { name in try model.buffers[name].map { (name, try $0.cloned()) } }
    )
  }

  func check(_ model: Model, epoch: Int) throws {
    for (before, after) in [(parameters, model.parameters), (buffers, model.buffers)] {
      let names = before.keys.sorted()
      if let missing = names.first(where: { after[$0] == nil }) {
        throw TrainingError.frozenChanged(tensor: missing, epoch: epoch)
      }
      let pairs = names.compactMap { name in before[name].flatMap { then in after[name].map { (then, $0) } } }
      if let place = try Tensor.firstDifference(in: pairs) {
        throw TrainingError.frozenChanged(tensor: names[place], epoch: epoch)
      }
    }
  }
}
