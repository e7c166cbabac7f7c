import Findings
import Models
import Programs
import Torch

/// A layer, or a block where there are many, that is rewound as one.
struct RewindUnit {
  let name: String
  /// Parameters and buffers.
  let names: Set<String>
}

extension ComparedModels {
  /// Leaf layers with parameters, or blocks where those are many; the heads' left out: the source's head is not what
  /// fine-tuning moves.
  var rewindUnits: [RewindUnit] {
    let program = after.program
    let head = Set(program.headParameterNames)
    let layers = program.layers.compactMap { layer in
      let own = layer.parameterNames.filter { !head.contains($0) }
      return own.isEmpty ? nil : RewindUnit(name: layer.name, names: Set(own + layer.bufferNames))
    }
    guard layers.count > DiagnosisThresholds.mostLayers, !takesEveryLayer else { return layers }
    return program.blocks.filter { head.isDisjoint(with: $0.parameterNames) }.map { block in
      RewindUnit(name: block.name, names: Set(block.parameterNames + block.bufferNames))
    }
  }

  /// The tensors of some layers as they were before.
  func rewound(_ units: [RewindUnit]) -> ModelChange { tensors(of: units, in: before) }

  /// The tensors of some layers as they are in the model after.
  func unchanged(_ units: [RewindUnit]) -> ModelChange { tensors(of: units, in: after) }

  private func tensors(of units: [RewindUnit], in model: Model) -> ModelChange {
    var change = ModelChange()
    for name in units.flatMap(\.names) { change.tensors[name] = model.parameters[name] ?? model.buffers[name] }
    return change
  }
}
