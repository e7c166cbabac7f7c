import Files
import Foundation
import Programs

extension LowRankAdapter {
  /// Writes the factors that a checkpoint keeps as PEFT's adapter, for `PeftModel.from_pretrained(base, folder)`: a
  /// folder of `adapter_config.json` and `adapter_model.safetensors`.
  ///
  /// The head, and whatever else is not as in the base, goes whole into `modules_to_save`. What was written is read
  /// again, merged into the base and compared, before the folder gets its name.
  ///
  /// - Parameters:
  ///   - checkpoint: what a run with adapters wrote.
  ///   - file: its path, for errors.
  ///   - base: the model that the adapters were added to: the run's epoch 0.
  ///   - task: whose head is written; the one in place when nil.
  ///   - baseName: what the configuration calls the base.
  /// - Returns: what was written.
  /// - Throws: ``CheckpointError`` with the names of what PEFT has no adapter for; no partial folder is left then.
  @discardableResult public static func write(
    _ checkpoint: Checkpoint, of file: String, base: Checkpoint, task: String? = nil, baseName: String? = nil,
    to folder: String
  ) throws -> LowRankAdapter {
    guard let factors = checkpoint.adapters else {
      throw CheckpointError.malformed(
        path: file,
        reason: "it keeps no low-rank factors: it was trained without adapters, or by a version that did not keep them")
    }
    let exported = try ExportedStateDictionary(of: checkpoint, file: file, task: task)
    let plan = try AdapterPlan(factors, exported, checkpoint, base: base, file: file)
    var tensors: [String: TensorView] = [:]
    for target in plan.targets {
      let name = "base_model.model.\(target.module)"
      let positions = target.kernel.shape.dropFirst(2)
      tensors["\(name).lora_A.weight"] =
        plan.isTransposed
        ? target.pair.down : target.pair.down.reshaped([factors.rank] + target.kernel.shape.dropFirst())
      tensors["\(name).lora_B.weight"] = target.pair.up.reshaped(target.pair.up.shape + positions.map { _ in 1 })
    }
    for name in plan.whole { tensors["base_model.model.\(name)"] = exported.tensors[name] }
    let configuration = AdapterConfiguration(
      baseName: baseName, factors, modules: plan.targets.map(\.module), saved: plan.savedModules,
      isTransposed: plan.isTransposed, program: checkpoint.program)
    return try AtomicFile.writeFolder(to: folder) { temporary in
      try AtomicFile.write(configuration.json, to: "\(temporary)/adapter_config.json")
      try AtomicFile.write(to: "\(temporary)/adapter_model.safetensors") {
        try SafetensorsFile.write(tensors, metadata: exported.metadata, to: $0)
      }
      let written = try LowRankAdapter(contentsOf: temporary)
      try written.compare(with: exported, base: base, file: file)
      return written
    }
  }

  /// Compares the base with this merged into it with the model that it was made of.
  ///
  /// Kernels to 10⁻⁵ of their greatest element, or what their type rounds to; all else byte by byte.
  private func compare(with exported: ExportedStateDictionary, base: Checkpoint, file: String) throws {
    let before = base.parameters.merging(base.buffers) { $1 }
    let kernels = Set(changes.map(\.tensor))
    let merged = before.merging(try changed(of: before)) { $1 }.merging(whole) { $1 }
    for name in exported.names {
      guard let wanted = exported.tensors[name], let found = merged[name] else { continue }
      guard kernels.contains(name) ? found.isClose(to: wanted) : found.isIdentical(to: wanted) else {
        throw CheckpointError.malformed(
          path: file, reason: "\(name) is not what its factors make of the run's epoch 0, so no adapter gives it")
      }
    }
  }
}

/// What an adapter consists of, and what it cannot have.
private struct AdapterPlan {
  struct Target {
    let module: String
    let kernel: TensorView
    let pair: LowRankFactors.Pair
  }

  private(set) var targets: [Target] = []
  /// Whether the kernels are stored as `[inputs, outputs]`: all of an adapter's are, or none.
  private(set) var isTransposed = false
  /// Modules that go into the adapter whole.
  private(set) var savedModules: [String] = []
  /// Their tensors.
  private(set) var whole: [String] = []

  init(
    _ factors: LowRankFactors, _ exported: ExportedStateDictionary, _ checkpoint: Checkpoint, base: Checkpoint,
    file: String
  ) throws {
    let program = checkpoint.program
    var refused: [String] = []
    var adapted: Set<String> = []
    for (first, pair) in factors.pairs.sorted(by: { $0.key < $1.key }) {
      guard let kernel = checkpoint.parameters[first] else { continue }
      let names = program.parameters.map(\.name).filter { name in
        name == first || kernel.identity.map { $0 == checkpoint.parameters[name]?.identity } == true
      }
      for name in names {
        if let reason = program.reasonAgainstAdapter(of: name) { refused.append("\(name) (\(reason))") }
        adapted.insert(name)
        targets.append(Target(module: Program.path(ofTensor: name), kernel: kernel, pair: pair))
      }
    }
    let turned = program.kernelsOfInputsFirst.intersection(adapted)
    isTransposed = turned == adapted && !adapted.isEmpty
    if !isTransposed { refused += turned.sorted().map { "\($0) (it is stored the other way than others)" } }
    let head = Set(program.headParameterNames)
    let changed = exported.names.filter { name in
      guard !adapted.contains(name), let tensor = exported.tensors[name] else { return false }
      return head.contains(name) || !((base.parameters[name] ?? base.buffers[name])?.isIdentical(to: tensor) ?? false)
    }
    let modules = Set(changed.map(Program.path))
    refused += changed.filter { Program.path(ofTensor: $0).isEmpty }.map { "\($0) (it belongs to no layer)" }
    savedModules = modules.filter { path in
      !path.isEmpty && !modules.contains { !$0.isEmpty && path.hasPrefix($0 + ".") }
    }.sorted()
    for path in savedModules {
      guard let target = targets.map(\.module).first(where: { AdapterConfiguration.collide($0, saved: path) }) else {
        continue
      }
      let own = changed.filter { Program.path(ofTensor: $0) == path }
      refused += own.map { "\($0) (a whole layer called \(path) keeps PEFT from adapting \(target))" }
    }
    guard refused.isEmpty else {
      throw CheckpointError.malformed(
        path: file, reason: "PEFT has no adapter for \(refused.joined(separator: ", "))")
    }
    let saved = savedModules
    whole = exported.names.filter { name in saved.contains { name.hasPrefix($0 + ".") } }
  }
}

extension Program {
  /// Why PEFT cannot adapt a kernel as we do; nil where it can.
  ///
  /// It replaces whole linear and convolution layers, and does the convolutions with a copy of the layer that has
  /// neither its dilation nor its groups (peft 0.21, `tuners/lora/layer.py`).
  fileprivate func reasonAgainstAdapter(of kernel: String) -> String? {
    let path = Program.path(ofTensor: kernel)
    guard kernel == "\(path).weight" else { return "it is not the weight of a layer" }
    for node in nodes where node.reads.contains(kernel) {
      guard node.layer == path else { return "\(node.layer) computes with it, not a layer of its own" }
      for (name, plain) in [("groups", "a convolution in groups"), ("dilation", "a dilated convolution")] {
        switch node.inputs.first(where: { $0.name == name })?.value {
        case .int(let number) where number != 1: return plain
        case .ints(let numbers) where numbers.contains { $0 != 1 }: return plain
        default: break
        }
      }
    }
    return nil
  }
}

/// `adapter_config.json`.
private struct AdapterConfiguration: Encodable {
  private let peftType = "LORA"
  private let baseName: String?
  private let taskType: String? = nil
  private let rank: Int
  private let alpha: Double
  private let targets: Targets
  private let saved: [String]?
  private let isTransposed: Bool

  init(
    baseName: String?, _ factors: LowRankFactors, modules: [String], saved: [String], isTransposed: Bool,
    program: Program
  ) {
    self.baseName = baseName
    self.isTransposed = isTransposed
    rank = factors.rank
    alpha = factors.alpha
    self.saved = saved.isEmpty ? nil : saved
    let others = Set(
      (program.parameters + program.buffers).map { Program.path(ofTensor: $0.name) } + program.nodes.map(\.layer)
    ).subtracting(modules)
    let isClear = !others.contains { other in modules.contains { other.hasSuffix("." + $0) } }
    targets = isClear ? .names(modules.sorted()) : .expression(modules.sorted())
  }

  /// What is adapted: PEFT takes a list for the ends of paths, a text for an expression that is the whole path.
  private enum Targets: Encodable {
    case names([String])
    case expression([String])

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .names(let names): try container.encode(names)
      case .expression(let names):
        try container.encode(names.map { $0.replacing(".", with: "\\.") }.joined(separator: "|"))
      }
    }
  }

  /// Whether PEFT, keeping a module whole, would leave out a target or wrap it twice: it takes the module's path for an
  /// expression in the one case, for the end of a name in the other.
  static func collide(_ target: String, saved path: String) -> Bool {
    if target.hasSuffix(path) { return true }
    guard let expression = try? Regex("(.*\\.)?\(path)(\\..*)?") else { return true }
    return target.wholeMatch(of: expression) != nil
  }

  private enum CodingKeys: String, CodingKey {
    case peftType = "peft_type"
    case baseName = "base_model_name_or_path"
    case taskType = "task_type"
    case rank = "r"
    case alpha = "lora_alpha"
    case targets = "target_modules"
    case saved = "modules_to_save"
    case bias
    case dropout = "lora_dropout"
    case isTransposed = "fan_in_fan_out"
    case isRankStabilized = "use_rslora"
    case isDecomposed = "use_dora"
    case ranks = "rank_pattern"
    case alphas = "alpha_pattern"
    case isForInference = "inference_mode"
    case initializes = "init_lora_weights"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(peftType, forKey: .peftType)
    try container.encode(baseName, forKey: .baseName)
    try container.encode(taskType, forKey: .taskType)
    try container.encode(rank, forKey: .rank)
    try container.encode(alpha, forKey: .alpha)
    try container.encode(targets, forKey: .targets)
    try container.encode(saved, forKey: .saved)
    try container.encode("none", forKey: .bias)
    try container.encode(0, forKey: .dropout)
    try container.encode(isTransposed, forKey: .isTransposed)
    for key in [CodingKeys.isRankStabilized, .isDecomposed] { try container.encode(false, forKey: key) }
    for key in [CodingKeys.ranks, .alphas] { try container.encode([String: Int](), forKey: key) }
    for key in [CodingKeys.isForInference, .initializes] { try container.encode(true, forKey: key) }
  }

  var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(self)
    }
  }
}

extension TensorView {
  /// Whether every element is another's to 10⁻⁵ of the greatest, or to what a narrower type rounds to.
  fileprivate func isClose(to other: TensorView) -> Bool {
    guard shape == other.shape, elementType == other.elementType else { return false }
    let tolerance: Float = elementType.byteCount < 4 ? 0.008 : 1e-5
    let own = converted(to: .float32).array(of: Float.self)
    let others = other.converted(to: .float32).array(of: Float.self)
    let scale = others.reduce(0) { max($0, abs($1)) }
    return zip(own, others).allSatisfy { abs($0 - $1) <= tolerance * scale }
  }
}
