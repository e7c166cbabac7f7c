import Files
import Foundation
import Programs

extension LowRankAdapter {
  /// Writes the factors that a checkpoint keeps as PEFT's adapter, for `PeftModel.from_pretrained(base, folder)`: a
  /// folder of `adapter_config.json` and `adapter_model.safetensors`.
  ///
  /// The head, and the layers of whatever else is not as in the base and no change that PEFT can make, go whole into
  /// `modules_to_save`. What was written is read again, merged into the base and compared, before the folder gets its
  /// name.
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

/// What is adapted, and what goes along whole.
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
    func refuse(_ reason: String) -> CheckpointError { .malformed(path: file, reason: reason) }
    let program = checkpoint.program
    var adapted: [String: Target] = [:]
    for (first, pair) in factors.pairs {
      guard let kernel = checkpoint.parameters[first] else { continue }
      let names = program.parameters.map(\.name).filter { name in
        name == first || kernel.identity.map { $0 == checkpoint.parameters[name]?.identity } == true
      }
      for name in names where program.isAdaptable(name) {
        adapted[name] = Target(module: Program.path(ofTensor: name), kernel: kernel, pair: pair)
      }
    }
    let turned = program.kernelsOfInputsFirst.intersection(adapted.keys)
    isTransposed = turned.count == adapted.count && !adapted.isEmpty
    // An adapter has all kernels one way; those that lie the other way than others go along whole.
    if !isTransposed { for name in turned { adapted[name] = nil } }
    let head = Set(program.headParameterNames)
    let changed = exported.names.filter { name in
      guard adapted[name] == nil, let tensor = exported.tensors[name] else { return false }
      return head.contains(name) || !((base.parameters[name] ?? base.buffers[name])?.isIdentical(to: tensor) ?? false)
    }
    let loose = changed.filter { Program.path(ofTensor: $0).isEmpty }
    guard loose.isEmpty else {
      throw refuse("PEFT has no adapter for \(loose.joined(separator: ", ")): a tensor that belongs to no layer")
    }
    savedModules = Self.modules(savedFor: Set(changed.map(Program.path)), of: exported.names)
    let saved = savedModules
    for path in saved {
      guard let inner = saved.first(where: { $0.hasPrefix(path + ".") }) else { continue }
      throw refuse(
        "PEFT has no adapter for \(changed.joined(separator: ", ")): it would keep \(path) and \(inner) within")
    }
    whole = exported.names.filter { name in saved.contains { name.hasPrefix($0 + ".") } }
    targets = adapted.filter { !whole.contains($0.key) }.values.sorted { $0.module < $1.module }
    guard !targets.isEmpty else {
      throw refuse("nothing of it is left to adapt: PEFT would keep \(whole.joined(separator: ", ")) whole")
    }
  }

  /// The modules that PEFT keeps whole for those of some names: all whose paths end in one of them, as it compares the
  /// ends of the texts (`pre_classifier` for `classifier`), and wants the tensors of each (peft 0.21, `utils/other.py`).
  private static func modules(savedFor changed: Set<String>, of tensors: [String]) -> [String] {
    let outermost = changed.filter { path in !changed.contains { path.hasPrefix($0 + ".") } }
    var modules: Set<String> = []
    for tensor in tensors {
      var path = Program.path(ofTensor: tensor)
      while !path.isEmpty, modules.insert(path).inserted { path = Program.path(ofTensor: path) }
    }
    return modules.filter { path in outermost.contains(where: path.hasSuffix) }.sorted()
  }
}

extension Program {
  /// Whether PEFT can adapt a kernel as we do.
  ///
  /// It replaces whole linear and convolution layers, and does the convolutions with a copy of the layer that has
  /// neither its dilation nor its groups (peft 0.21, `tuners/lora/layer.py`).
  fileprivate func isAdaptable(_ kernel: String) -> Bool {
    let path = Program.path(ofTensor: kernel)
    guard !path.isEmpty, kernel == "\(path).weight" else { return false }
    return nodes.filter { $0.reads.contains(kernel) }.allSatisfy { node in
      node.layer == path
        && node.inputs.allSatisfy { input in
          switch input.value {
          case .int(let number): input.name != "groups" || number == 1
          case .ints(let numbers): input.name != "dilation" || numbers.allSatisfy { $0 == 1 }
          default: true
          }
        }
    }
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
