import Checkpoints
import Foundation
import Models
import Torch

/// What a task left when it ended, for the regularizers of all tasks after it: how much each parameter mattered to it and
/// where that stood then (EWC, MAS, the Fisher forms), and what its head said of the examples that are kept (DER++).
///
/// None of it is estimated anew at later weights, so importances need no examples of that task any more.
public struct TaskMemory {
  static let fileName = "memory.h5"

  let tensors: [String: Tensor]

  init(_ tensors: [String: Tensor]) { self.tensors = tensors }

  /// Reads what ``write(to:)`` wrote; nothing is remembered where there is no such file.
  init(contentsOf path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      tensors = [:]
      return
    }
    tensors = try ResumeState(contentsOf: path).tensors.mapValues { try Tensor.copying($0) }
  }

  /// Writes it whole, in the form of a state to resume from; nothing where nothing is remembered.
  func write(to path: String) throws {
    guard !tensors.isEmpty else { return }
    try ResumeState.write(
      epoch: 0, progress: "{}", tensors: tensors.mapValues { tensor in { try tensor.view() } }, to: path)
  }

  /// Takes down what regularizers find out about a task.
  final class Recorder {
    private var tensors: [String: Tensor] = [:]

    func record(_ name: String, _ tensor: Tensor) throws {
      guard tensors[name] == nil else { return }
      tensors[name] = try withoutGradients { try tensor.detached().cloned() }
    }

    var memory: TaskMemory { TaskMemory(tensors) }
  }
}

extension RegularizerContext {
  /// What the source task left under a name; nil where it ends with the weights that the model has now.
  ///
  /// - Throws: ``TrainingError/badResume(_:)`` where it left something, but not this.
  private func left(_ name: String) throws -> Tensor? {
    guard let source, let memory = source.memory else { return nil }
    guard let tensor = memory.tensors[name] else { throw notLeft(name) }
    return try tensor.to(model.device)
  }

  /// What the source task left under a name of one of the trainable parameters, in the shape that the parameter has now:
  /// of outputs that a head got since, nothing is known, and it is 0.
  private func left(_ name: String, of index: Int) throws -> Tensor {
    let weight = trainable.tensors[index]
    let key = "\(name).\(trainable.names[index])"
    guard let known = try left(key) else { throw notLeft(key) }
    guard known.shape != weight.shape else { return known }
    guard let rows = known.shape.first, let all = weight.shape.first, rows < all,
      known.shape.dropFirst() == weight.shape.dropFirst()
    else { throw notLeft(key) }
    let missing = try Tensor.zeros(
      [all - rows] + known.shape.dropFirst(), type: known.type ?? .float32, device: known.device)
    return try Tensor.concatenated([known, missing])
  }

  private func notLeft(_ name: String) -> TrainingError {
    .badResume(
      "what task '\(source?.task ?? "")' left when it ended has no '\(name)' for regularizer '\(settings.kind)'; "
        + "begin the sequence anew")
  }

  /// A tensor that the source task left under a name; else what `make` gives, which is then left for later tasks.
  func remembered(_ name: String, _ make: () throws -> Tensor) throws -> Tensor {
    if let known = try left(name) { return known }
    let found = try make()
    try recorder.record(name, found)
    return found
  }

  /// Where parameters stood when the source task ended; nil where that is where they stand now.
  func anchors(of indices: [Int]) throws -> [Tensor]? {
    guard source?.memory != nil else { return nil }
    return try indices.map { try left("anchor", of: $0) }
  }

  /// An estimate of what parameters mattered to the source task when it ended, on a sample of its training examples.
  func estimate(
    _ measure: ImportanceEstimate.Measure, of indices: [Int], samples: Int, batchSize: Int = 32
  ) throws -> ImportanceEstimate {
    let key = "importance.\(measure.rawValue).\(samples).\(batchSize)"
    let names = indices.map { trainable.names[$0] }
    if let count = try left(key) {
      return ImportanceEstimate(
        measure, values: try indices.map { try left(key, of: $0) }, sampleCount: Int(try count.item()))
    }
    let found = try estimateNow(measure, of: indices, samples: samples, batchSize: batchSize)
    try recorder.record(key, Tensor([Float(found.sampleCount)], shape: []))
    for (position, index) in indices.enumerated() {
      try recorder.record("\(key).\(names[position])", found.values[position])
      try recorder.record("anchor.\(names[position])", trainable.tensors[index])
    }
    return found
  }
}
