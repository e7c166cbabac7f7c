import Checkpoints
import Models
import Torch

/// How weights that are in parts over several processes are written and read whole: the process that leads asks for one
/// tensor after the other, and all give their parts.
extension Trainer {
  /// The model as a checkpoint. The parts of other processes are asked for when it is written.
  func checkpoint(epoch: Int, parent: String) throws -> Checkpoint {
    guard let processes, model.sharding != nil else { return try model.checkpoint(epoch: epoch, parent: parent) }
    let parts = model.parts
    return try model.checkpoint(epoch: epoch, parent: parent) { try processes.ask(for: $0, of: parts) }
  }

  /// Writes tensors of the state to resume from; those in parts whole.
  ///
  /// - Parameter write: given what makes each tensor, by name.
  func writeState(
    _ tensors: [String: Tensor], _ write: ([String: () throws -> TensorView]) throws -> Void
  ) throws {
    guard let processes, model.sharding != nil else {
      return try write(tensors.mapValues { tensor in { try tensor.view() } })
    }
    try processes.tell(.state)
    let parts = parts(of: tensors)
    let places = Dictionary(uniqueKeysWithValues: parts.enumerated().map { ($1.name, $0) })
    let all = parts.map { (tensor: $0.tensor, shape: $0.shape) }
    var makers: [String: () throws -> TensorView] = [:]
    for (name, tensor) in tensors {
      makers[name] = { try (places[name].map { try processes.ask(for: $0, of: all) } ?? tensor).view() }
    }
    try write(makers)
    try endWriting()
  }

  /// Lets the other processes go on after something was written.
  func endWriting() throws { if model.sharding != nil { try processes?.tell(.written) } }

  /// Gives this process's parts of the model until the one that leads has written it.
  func givePartsOfModel() throws { if model.sharding != nil { try processes?.give(model.parts) } }

  /// Likewise of the state to resume from.
  func givePartsOfState() throws {
    try processes?.give(parts(of: state().tensors).map { ($0.tensor, $0.shape) })
  }

  /// The tensors of a stored state: of those in parts, this process's.
  ///
  /// - Throws: ``TrainingError/badResume(_:)`` where one has another shape.
  func tensors(ofState views: [String: TensorView]) throws -> [String: Tensor] {
    let shapes = wholeShapes
    var tensors: [String: Tensor] = [:]
    for (name, view) in views {
      guard let shape = shapes[name], let sharding = model.sharding else {
        tensors[name] = try Tensor.copying(view)
        continue
      }
      guard view.shape == shape else { throw TrainingError.badResume("'\(name)' has another shape") }
      tensors[name] = try sharding.part(of: view)
    }
    return tensors
  }

  /// In the same order in every process.
  private func parts(of state: [String: Tensor]) -> [(name: String, tensor: Tensor, shape: [Int])] {
    let shapes = wholeShapes
    return state.sorted { $0.key < $1.key }.compactMap { name, tensor in shapes[name].map { (name, tensor, $0) } }
  }

  /// Of the names that the state gives what goes with a parameter in parts, the shape of the whole.
  private var wholeShapes: [String: [Int]] {
    var shapes: [String: [Int]] = [:]
    for (index, isPart) in (trainable.partSums?.isPart ?? []).enumerated() where isPart {
      let names =
        ["trained.\(index)", WeightAverage.name(ofWeight: index, in: trainable)] + optimizer.momentNames(of: index)
      for name in names { shapes[name] = trainable.shapes[index] }
    }
    return shapes
  }
}

extension DataParallel {
  typealias Part = (tensor: Tensor, shape: [Int])

  /// The whole of one of several tensors, of which all have the parts.
  fileprivate func ask(for number: Int, of parts: [Part]) throws -> Tensor {
    try tell(.part(number))
    return try whole(parts[number])
  }

  /// Gives what the process that leads asks for, until it has written all.
  fileprivate func give(_ parts: [Part]) throws {
    while case .part(let number) = try told() { _ = try whole(parts[number]) }
  }

  private func whole(_ part: Part) throws -> Tensor {
    try withoutGradients { try group.whole(part.tensor, shape: part.shape) }
  }
}
