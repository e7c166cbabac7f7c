import Checkpoints
import Programs
import Torch

/// A program and its tensors on a device.
///
/// Not `Sendable`: a model belongs to the thread that trains it.
public final class Model {
  /// One task's classifier.
  public struct TaskHead {
    /// The head's tensors under their full parameter names (`fc.weight`).
    public var tensors: [String: Tensor]
    /// The name of each class, in the order of the logits.
    public var classNames: [String]
    /// The label each class had in the data before it was renumbered.
    public var labelMap: [Int]

    /// A head of its tensors, which are not copied.
    public init(tensors: [String: Tensor], classNames: [String], labelMap: [Int]) {
      self.tensors = tensors
      self.classNames = classNames
      self.labelMap = labelMap
    }
  }

  /// What the model computes.
  public let program: Program
  /// Where its tensors are.
  public let device: Device
  let tensors: ModelTensors
  /// How inputs are normalized before the program sees them; nil takes them as they are.
  public var preprocessing: Preprocessing?
  /// How much each parameter mattered to the tasks learnt so far: by measure (`si`), then by parameter name.
  public var importances: [String: [String: Tensor]] = [:]
  let executor: Executor
  /// The classifier alone, made when it is first asked for.
  lazy var headExecution: HeadExecution? = HeadExecution(program.headProgram)
  /// What makes outputs of features; nil likewise.
  lazy var readoutExecution: HeadExecution? = HeadExecution(program.readoutProgram)

  private init(
    program: Program, device: Device, parameters: [String: Tensor], buffers: [String: Tensor],
    heads: [String: TaskHead], task: String, preprocessing: Preprocessing?, sharding: Sharding? = nil
  ) throws {
    self.program = program
    self.device = device
    tensors = ModelTensors(
      parameters: parameters, buffers: buffers, heads: heads, task: task, sharding: sharding)
    self.preprocessing = preprocessing
    executor = try Executor(program)
  }

  /// A program over another model's tensors: a head put in place in one is in place in both.
  ///
  /// - Parameter program: its parameters and buffers are some of the model's.
  public init(_ program: Program, sharing model: Model, preprocessing: Preprocessing? = nil) throws {
    self.program = program
    device = model.device
    tensors = model.tensors
    self.preprocessing = preprocessing
    executor = try Executor(program)
  }

  /// Finds every operator that a program calls.
  ///
  /// - Throws: `ProgramError` for one that no program may call, with or without libtorch; ``ModelError`` that names the layer whose operator this libtorch lacks; `TorchError` without libtorch.
  public static func checkOperators(of program: Program) throws { _ = try Executor(program) }

  /// A model with a checkpoint's weights, the head of the checkpoint's task in place.
  ///
  /// - Parameter sharding: has this process take its part alone of each large parameter; the others' heads and
  ///   what a call of the program may change are whole.
  /// - Throws: ``ModelError/notFinite(tensor:task:)`` for weights that are no numbers, ``ModelError/missingTensor(name:task:)``.
  public convenience init(_ checkpoint: Checkpoint, device: Device = .cpu, sharding: Sharding? = nil) throws {
    let program = checkpoint.program
    let changed =
      sharding == nil
      ? [] : program.writtenConstants { (try? ResolvedCall.varies($0, isTraining: true)) ?? true }
    // Tied weights are one tensor, so that training moves them together: those of the head in place too.
    var own: [TensorView.Identity: Tensor] = [:]
    func load(
      _ views: [String: TensorView], into loaded: inout [TensorView.Identity: Tensor],
      inPartsOf sharding: Sharding? = nil
    ) throws -> [String: Tensor] {
      var found: [String: Tensor] = [:]
      for (name, view) in views {
        let identity = view.identity
        let tensor =
          try identity.flatMap { loaded[$0] }
          ?? sharding?.loaded(view, isChanged: changed.contains(name)) ?? Tensor.copying(view, to: device)
        if let identity { loaded[identity] = tensor }
        found[name] = tensor
      }
      return found
    }
    func load(_ views: [String: TensorView]) throws -> [String: Tensor] {
      var others: [TensorView.Identity: Tensor] = [:]
      return try load(views, into: &others)
    }
    var heads: [String: TaskHead] = [:]
    for (task, head) in checkpoint.heads {
      let tensors =
        try task == checkpoint.task ? load(head.tensors, into: &own, inPartsOf: sharding) : load(head.tensors)
      heads[task] = TaskHead(tensors: tensors, classNames: head.classNames, labelMap: head.labelMap)
    }
    var parameters = try load(checkpoint.parameters, into: &own, inPartsOf: sharding)
    parameters.merge(heads[checkpoint.task]?.tensors ?? [:]) { $1 }
    for specification in checkpoint.program.parameters where parameters[specification.name] == nil {
      throw ModelError.missingTensor(name: specification.name, task: checkpoint.task)
    }
    let buffers = try load(checkpoint.buffers)
    try Self.checkFinite(parameters, task: checkpoint.task)
    // Other buffers may be masks, which are infinite on purpose.
    try Self.checkFinite(
      buffers.filter { $0.key.hasSuffix("running_mean") || $0.key.hasSuffix("running_var") }, task: checkpoint.task)
    for (task, head) in heads { try Self.checkFinite(head.tensors, task: task) }
    try self.init(
      program: checkpoint.program, device: device, parameters: parameters, buffers: buffers,
      heads: heads, task: checkpoint.task, preprocessing: checkpoint.preprocessing, sharding: sharding)
    importances = try checkpoint.importances.mapValues(load)
  }

  private static func checkFinite(_ tensors: [String: Tensor], task: String) throws {
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) where try !tensor.isFinite() {
      throw ModelError.notFinite(tensor: name, task: task)
    }
  }

  /// A model with fresh weights, drawn in the program's order.
  public convenience init(
    initializing program: Program, task: String, classNames: [String], seed: UInt64, device: Device = .cpu
  ) throws {
    let generator = try Generator(seed: seed)
    func draw(_ specifications: [TensorSpecification]) throws -> [String: Tensor] {
      try Dictionary(
        uniqueKeysWithValues: specifications.map { specification in
          (specification.name, try specification.tensor(using: generator).to(device))
        })
    }
    let parameters = try draw(program.parameters)
    var heads: [String: TaskHead] = [:]
    if !program.headParameterNames.isEmpty {
      let tensors = parameters.filter { program.headParameterNames.contains($0.key) }
      heads[task] = TaskHead(tensors: tensors, classNames: classNames, labelMap: Array(classNames.indices))
    }
    try self.init(
      program: program, device: device, parameters: parameters, buffers: try draw(program.buffers), heads: heads,
      task: task, preprocessing: nil)
  }
}

// MARK: - Running

extension Model {
  /// What one run of the program gives.
  public struct Result {
    /// The program's outputs, in its order.
    public var outputs: [Tensor]
    /// Outputs of the captured layers; in evaluation the channels of a place of an image may lie side by side in memory.
    public var features: [String: Tensor]
    /// What enters the classifier, where it was asked for.
    public var headInput: Tensor?

    /// The first output: `[batch, classes]` of a classifier.
    public var logits: Tensor { outputs[0] }
  }

  /// Runs the program on a batch.
  ///
  /// - Parameters:
  ///   - capture: layers whose outputs are wanted; a container stands for its last node.
  ///   - capturesHeadInput: whether the value that enters the classifier is wanted.
  ///   - replacements: tensors to use in the place of parameters.
  ///   - changes: of kernels among ``Programs/Program/kernelsOfLinearLayers``.
  ///   - recomputesActivations: whether the blocks of the program, all but the last of `Program.segments`, keep
  ///     nothing but what enters them, and are run once more for each way back. It gives the same, gradients too.
  public func run(
    _ inputs: [String: Tensor], mode: ExecutionMode = .evaluation, capture: [String] = [],
    capturesHeadInput: Bool = false, replacing replacements: [String: Tensor] = [:],
    changing changes: [String: LowRankChange] = [:], recomputesActivations: Bool = false
  ) throws -> Result {
    var valueOfLayer: [String: String] = [:]
    for name in capture {
      guard let layer = program.layer(named: name) else {
        throw ModelError.unknownLayer(name: name, nearest: Array(program.layers.map(\.name).prefix(5)))
      }
      valueOfLayer[name] = layer.output
    }
    let entry = capturesHeadInput ? try knownHead().entry : nil
    let run = try executor.run(
      inputs: inputs, constants: [parameters, buffers, replacements], device: device, mode: mode,
      capture: Set(valueOfLayer.values).union(entry.map { [$0] } ?? []), changes: changes,
      recomputesActivations: recomputesActivations, sharding: sharding)
    try withoutGradients {
      for counter in executor.batchCounters(in: mode) {
        if let tensor = buffers[counter] { try tensor.addInPlace(try Tensor([1 as Int64], shape: [])) }
      }
    }
    return Result(
      outputs: run.outputs, features: valueOfLayer.compactMapValues { run.captured[$0] },
      headInput: entry.flatMap { run.captured[$0] })
  }
}

extension Model {
  /// What several versions of the model make of a batch, in evaluation; what they have in common from the input on is
  /// computed once.
  ///
  /// - Parameters:
  ///   - replacements: tensors in the place of the model's own, in all versions.
  ///   - versions: of each the tensors in the place of these.
  ///   - take: told a version's number and its first output, in the order in which they are known.
  public func run(
    _ inputs: [String: Tensor], replacing replacements: [String: Tensor] = [:], versions: [[String: Tensor]],
    _ take: (_ version: Int, _ logits: Tensor) throws -> Void
  ) throws {
    try executor.run(
      inputs: inputs, constants: [parameters, buffers, replacements], versions: versions, device: device
    ) { try take($0, $1[0]) }
  }
}

// MARK: - Checkpoints

extension Model {
  /// A copy of all tensors as a checkpoint.
  ///
  /// - Parameter whole: makes the whole of one of ``parts``, by its place there, when the checkpoint is written.
  /// - Throws: ``ModelError/inParts(_:)`` where there are parts, and nobody makes them whole.
  public func checkpoint(
    epoch: Int, parent: String? = nil, whole: ((Int) throws -> Tensor)? = nil
  ) throws -> Checkpoint {
    let parts = parts
    let places = Dictionary(uniqueKeysWithValues: parts.indices.map { (ObjectIdentifier(parts[$0].tensor), $0) })
    guard parts.isEmpty || whole != nil else { throw ModelError.inParts("a copy of the network") }
    var tied: [ObjectIdentifier: TensorView] = [:]
    func made(_ tensor: Tensor) throws -> TensorView {
      guard let place = places[ObjectIdentifier(tensor)], let whole else { return try tensor.view() }
      return TensorView(elementType: try tensor.elementType(), shape: parts[place].shape) { try whole(place).bytes() }
    }
    func view(_ tensor: Tensor) throws -> TensorView {
      if let view = tied[ObjectIdentifier(tensor)] { return view }
      let view = try made(tensor)
      tied[ObjectIdentifier(tensor)] = view
      return view
    }
    let views = try parameters.mapValues(view)
    var stored: [String: Head] = [:]
    for (task, head) in heads {
      let tensors = try head.tensors.mapValues(view)
      stored[task] = Head(tensors: tensors, classNames: head.classNames, labelMap: head.labelMap)
    }
    return Checkpoint(
      program: program, task: task, epoch: epoch, parent: parent, parameters: views,
      buffers: try buffers.mapValues { try $0.view() }, heads: stored, preprocessing: preprocessing,
      importances: try importances.mapValues { try $0.mapValues { try $0.view() } })
  }
}

extension TensorSpecification {
  /// A fresh tensor as the specification's initialization asks; zeros where it asks for nothing.
  func tensor(using generator: Generator) throws -> Tensor {
    let tensor = try Tensor.zeros(shape, type: try DType(named: elementType))
    switch initialization {
    case .uniform(let bound): try tensor.fillUniform(-bound...bound, using: generator)
    case .normal(let deviation): try tensor.fillNormal(standardDeviation: deviation, using: generator)
    case .constant(let value): try tensor.fill(value)
    case nil: break
    }
    return tensor
  }
}
