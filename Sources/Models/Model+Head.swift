import Programs
import Torch

/// The tensors that a model and its parts have in common.
final class ModelTensors {
  fileprivate(set) var parameters: [String: Tensor]
  let buffers: [String: Tensor]
  fileprivate(set) var heads: [String: Model.TaskHead]
  fileprivate(set) var task: String
  let sharding: Sharding?

  init(
    parameters: [String: Tensor], buffers: [String: Tensor], heads: [String: Model.TaskHead], task: String,
    sharding: Sharding?
  ) {
    self.sharding = sharding
    self.parameters = parameters
    self.buffers = buffers
    self.heads = heads
    self.task = task
  }
}

extension Model {
  /// The backbone's parameters and those of the head in place, by name; tied names share one tensor.
  public var parameters: [String: Tensor] { tensors.parameters }
  /// Running statistics and constants, by name.
  public var buffers: [String: Tensor] { tensors.buffers }
  /// The classifiers of all tasks, by task, that of ``task`` included.
  public var heads: [String: TaskHead] { tensors.heads }
  /// The task whose head is in place.
  public var task: String { tensors.task }
  /// Which of the parameters are in parts over several processes; nil where all are whole.
  public var sharding: Sharding? { tensors.sharding }
}

// MARK: - Putting heads in place

extension Model {
  /// Puts the head of another task in place.
  public func activate(task: String) throws {
    guard let head = heads[task] else {
      throw ModelError.missingHead(task: task, available: heads.keys.sorted())
    }
    tensors.parameters.merge(head.tensors) { $1 }
    tensors.task = task
  }

  /// Runs `body` with the head of a task in place, then puts the one back that was there.
  public func withHead<Result>(of wanted: String, _ body: () throws -> Result) throws -> Result {
    let active = task
    try activate(task: wanted)
    let result = Swift.Result { try body() }
    try activate(task: active)
    return try result.get()
  }

  /// Adds a freshly drawn head for a task and puts it in place.
  public func addHead(task: String, classNames: [String], labelMap: [Int], seed: UInt64) throws {
    let names = Set(program.headParameterNames)
    guard !names.isEmpty else { throw ModelError.noClassifier(architecture: program.architecture) }
    let generator = try Generator(seed: seed)
    var drawn: [String: Tensor] = [:]
    for var specification in program.parameters where names.contains(specification.name) {
      specification.shape[0] = classNames.count
      drawn[specification.name] = try specification.tensor(using: generator).to(device)
    }
    tensors.heads[task] = TaskHead(tensors: drawn, classNames: classNames, labelMap: labelMap)
    try activate(task: task)
  }

  /// Adds freshly drawn outputs to a head, after those that it has; whatever they share with other tensors stays shared.
  ///
  /// - Parameters:
  ///   - classNames: of the new outputs.
  ///   - labelMap: the number of each of their classes in the data it was taken from.
  public func growHead(task: String, classNames: [String], labelMap: [Int], seed: UInt64) throws {
    guard var head = heads[task] else { throw ModelError.missingHead(task: task, available: heads.keys.sorted()) }
    let generator = try Generator(seed: seed)
    for var specification in program.parameters {
      guard let known = head.tensors[specification.name] else { continue }
      guard sharding?.shape(of: known) == nil else { throw ModelError.inParts("a head that grows") }
      specification.shape = [classNames.count] + known.shape.dropFirst()
      let drawn = try specification.tensor(using: generator).to(device)
      head.tensors[specification.name] = try withoutGradients {
        try Tensor.concatenated([known.detached(), drawn.to(known.type ?? .float32)])
      }
    }
    head.classNames += classNames
    head.labelMap += labelMap
    tensors.heads[task] = head
    if tensors.task == task { try activate(task: task) }
  }

  /// Gives a head another task's name and classes: a fresh model's head becomes its first task's.
  public func renameHead(_ old: String, to new: String, classNames: [String], labelMap: [Int]) throws {
    guard let head = tensors.heads.removeValue(forKey: old) else {
      throw ModelError.missingHead(task: old, available: heads.keys.sorted())
    }
    tensors.heads[new] = TaskHead(tensors: head.tensors, classNames: classNames, labelMap: labelMap)
    if task == old { tensors.task = new }
  }
}

// MARK: - The classifier alone

/// The classifier alone: what enters it, and an executor of its calls.
struct HeadExecution {
  /// The program's value that enters the classifier.
  let entry: String
  let executor: Executor

  /// Nil where the program has no head that is a function of one value.
  init?(_ part: (program: Program, entry: String)?) {
    guard let part, let executor = try? Executor(part.program) else { return nil }
    entry = part.entry
    self.executor = executor
  }

  func logits(of features: Tensor, _ model: Model, head: [String: Tensor], mode: ExecutionMode) throws -> Tensor {
    try executor.run(
      inputs: [entry: features], constants: [model.parameters, model.buffers, head], device: model.device, mode: mode,
      capture: [], sharding: model.sharding
    ).outputs[0]
  }
}

extension Model {
  /// The logits that another task's head gives, whichever head is in place.
  ///
  /// - Parameters:
  ///   - features: what enters the classifier: ``Result/headInput`` of a run, or rows of it.
  ///   - head: the head's tensors, as ``TaskHead/tensors``.
  /// - Returns: `[batch, classes]`.
  /// - Throws: ``ModelError/entangledHead(layer:)`` where the classifier reads more than one value.
  public func logits(
    of features: Tensor, head: [String: Tensor], mode: ExecutionMode = .evaluation
  ) throws -> Tensor {
    try knownHead().logits(of: features, self, head: head, mode: mode)
  }

  /// What the outputs are made of, by the last call that reads the head's tensors, with the head that is in place.
  ///
  /// - Returns: `[batch, …]`; nil where more than one value enters there, or the program has no head.
  public func readoutInput(_ inputs: [String: Tensor]) throws -> Tensor? {
    guard let readoutExecution else { return nil }
    let entry = readoutExecution.entry
    return try executor.run(
      inputs: inputs, constants: [parameters, buffers], device: device, mode: .evaluation, capture: [entry],
      sharding: sharding
    ).captured[entry]
  }

  /// The logits that other tensors in the head's place make of ``readoutInput(_:)``; what else reads the head's tensors is
  /// not asked.
  public func readout(of features: Tensor, head: [String: Tensor]) throws -> Tensor {
    guard let readoutExecution else { return try logits(of: features, head: head) }
    return try readoutExecution.logits(of: features, self, head: head, mode: .evaluation)
  }

  func knownHead() throws -> HeadExecution {
    guard let headExecution else {
      guard let head = program.head else { throw ModelError.noClassifier(architecture: program.architecture) }
      throw ModelError.entangledHead(layer: head)
    }
    return headExecution
  }
}
