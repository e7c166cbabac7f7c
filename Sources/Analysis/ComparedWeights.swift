import Checkpoints
import Foundation
import HDF5
import Programs

/// One side of a comparison: a checkpoint, or the tensors of somebody else's file.
///
/// Two checkpoints are compared with the heads of all their tasks. Where one side is a file without tasks, both are
/// compared by name as they stand: a checkpoint with the head that is in place. Layers are those of the program, where a
/// side has one.
public struct ComparedWeights: Sendable {
  /// What was done to the file's names and layouts, in words.
  public let notes: [String]
  private let checkpoint: Checkpoint?
  private let program: Program?
  private let names: [String]
  private let tensors: [String: TensorView]

  /// - Parameter state: the entry of a PyTorch file that is the state dict; nil to find the one there is.
  /// - Throws: `CheckpointError`, naming the file and the tensor.
  public init(contentsOf path: String, state: String? = nil) throws {
    let file = try WeightsFile(contentsOf: path, state: state)
    (names, tensors, notes) = (file.names, file.tensors, file.notes)
    switch file.kind {
    case .checkpoint:
      checkpoint = try Checkpoint(contentsOf: path)
      program = checkpoint?.program
    case .exportedProgram:
      checkpoint = nil
      // Order and layers alone: a graph that cannot be run can still be compared.
      program = try? ExportedProgramArchive(contentsOf: path).program(output: .first)
    default: (checkpoint, program) = (nil, nil)
    }
  }

  /// Tensors without a program, in the order of their names.
  public init(_ tensors: [String: TensorView]) {
    self.tensors = tensors
    names = tensors.keys.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    (checkpoint, program, notes) = (nil, nil, [])
  }

  /// Notes of both, with what was done to make their names the same.
  public static func notes(_ before: ComparedWeights, _ after: ComparedWeights) -> [String] {
    let alignment = before.checkpoint != nil && after.checkpoint != nil ? nil : aligned(after, to: before).note
    return before.notes + after.notes + (alignment.map { ["the second file: \($0)"] } ?? [])
  }

  private static func aligned(_ after: ComparedWeights, to before: ComparedWeights)
    -> (tensors: [String: TensorView], note: String?)
  {
    WeightMatch.aligned(after.tensors, to: Set(before.names))
  }

  static func tensors(_ before: ComparedWeights, _ after: ComparedWeights) -> ([DriftTensor], [DriftTensor]) {
    if let left = before.checkpoint, let right = after.checkpoint { return (left.driftTensors, right.driftTensors) }
    let program = before.program ?? after.program
    let other = aligned(after, to: before).tensors
    let ordered = before.program.map { ($0.parameters + $0.buffers).map(\.name) } ?? []
    let known = Set(ordered)
    let names =
      ordered + before.names.filter { !known.contains($0) }
      + other.keys.filter { before.tensors[$0] == nil && !known.contains($0) }.sorted {
        $0.compare($1, options: .numeric) == .orderedAscending
      }
    let buffers = Set(program?.buffers.map(\.name) ?? [])
    func described(_ views: [String: TensorView]) -> [DriftTensor] {
      names.compactMap { name in
        guard let view = views[name], view.elementType.isCompared else { return nil }
        let isStatistic = [".running_mean", ".running_var"].contains { name.hasSuffix($0) }
        return DriftTensor(
          name: name, layer: program?.layerName(ofParameter: name) ?? Program.path(ofTensor: name), task: nil,
          isBuffer: buffers.contains(name) || isStatistic, view: view.realParts)
      }
    }
    return (described(before.tensors), described(other))
  }
}

extension ElementType {
  /// Whether a tensor of such numbers is compared: those that weights are kept in, narrow and complex ones too.
  /// Counters, indices and masks are none.
  fileprivate var isCompared: Bool {
    switch self {
    case .int64, .int32, .uint64, .uint8, .bool: false
    default: true
    }
  }
}

extension Checkpoint {
  /// The backbone, the heads of all tasks by name of the task, then floating buffers.
  var driftTensors: [DriftTensor] {
    let headNames = Set(program.headParameterNames)
    func tensor(_ name: String, _ view: TensorView, task: String? = nil, isBuffer: Bool = false) -> DriftTensor {
      let suffix = task.map { " [\($0)]" } ?? ""
      return DriftTensor(
        name: name + suffix, layer: program.layerName(ofParameter: name) + suffix, task: task, isBuffer: isBuffer,
        view: view)
    }
    let names = program.parameters.map(\.name)
    var tensors = names.filter { !headNames.contains($0) }.compactMap { name in
      parameters[name].map { tensor(name, $0) }
    }
    for task in Set(heads.keys).union([task]).sorted() {
      for name in names where headNames.contains(name) {
        // The active task's tensors are parameters; its head may hold older ones, or only class names.
        let view = task == self.task ? parameters[name] ?? heads[task]?.tensors[name] : heads[task]?.tensors[name]
        if let view { tensors.append(tensor(name, view, task: task)) }
      }
    }
    for name in program.buffers.map(\.name) {
      if let view = buffers[name], view.elementType.isFloatingPoint {
        tensors.append(tensor(name, view, isBuffer: true))
      }
    }
    return tensors
  }
}
