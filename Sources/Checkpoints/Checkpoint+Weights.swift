import Programs

extension Checkpoint {
  /// The task of a model that has not been trained.
  public static let untrainedTask = "untrained"

  /// Names for classes that have none.
  public static func numberedClasses(_ count: Int) -> [String] { (0..<count).map { "class \($0)" } }

  /// What becomes of a file's classifier that has another number of classes than the checkpoint's.
  public enum DifferingHead: String, Sendable, CaseIterable {
    /// It is stored as the head of its own task; the checkpoint's stays in place.
    case keep
    /// It takes the place of the checkpoint's.
    case use
    /// It is left out.
    case drop
  }

  /// Puts a file's tensors in the place of the checkpoint's; those that did not fit stay as they are.
  ///
  /// - Parameter name: the name of the task whose classifier the file has.
  public mutating func load(_ match: WeightMatch, task name: String, differingHead: DifferingHead) {
    let parameterNames = Set(program.parameters.map(\.name))
    for (tensor, view) in match.tensors {
      if parameterNames.contains(tensor) { parameters[tensor] = view } else { buffers[tensor] = view }
    }
    guard let classCount = match.differingHead.values.first?.shape.first else {
      if program.headParameterNames.contains(where: { match.tensors[$0] != nil }) { rename(task: name) }
      return
    }
    guard differingHead != .drop else { return }
    heads[name] = Head(
      tensors: match.differingHead, classNames: Self.numberedClasses(classCount), labelMap: Array(0..<classCount))
    if differingHead == .use {
      if task == Self.untrainedTask { heads[task] = nil }
      parameters.merge(match.differingHead) { $1 }
      task = name
    }
  }

  /// Puts all tensors of a file in the place of the checkpoint's, its classifier in that of the task in place.
  ///
  /// - Parameter path: the file's, for errors.
  /// - Throws: ``CheckpointError`` for a file that lacks some, or has them in other shapes.
  public mutating func replaceWeights(with match: WeightMatch, of path: String) throws {
    try match.requireWhole(of: path)
    try replaceTensors(with: match.tensors.merging(match.differingHead) { $1 }, of: path)
  }

  /// Puts tensors in the place of the checkpoint's, those of a classifier in that of the task in place.
  ///
  /// - Throws: ``CheckpointError/shapeMismatch(tensor:file:expected:found:)`` for another number of classes.
  public mutating func replaceTensors(with tensors: [String: TensorView], of path: String) throws {
    let classifier = Set(program.headParameterNames)
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      guard let old = parameters[name] else {
        buffers[name] = tensor
        continue
      }
      guard old.shape == tensor.shape else {
        throw CheckpointError.shapeMismatch(tensor: name, file: path, expected: old.shape, found: tensor.shape)
      }
      parameters[name] = tensor
      if classifier.contains(name) { heads[task]?.tensors[name] = tensor }
    }
  }

  /// Gives the head in place another task's name.
  public mutating func rename(task name: String, classNames: [String]? = nil) {
    let tensors = parameters.filter { program.headParameterNames.contains($0.key) }
    let classCount = tensors.values.first?.shape.first ?? 0
    let old = heads.removeValue(forKey: task)
    heads[name] = Head(
      tensors: tensors, classNames: classNames ?? old?.classNames ?? Self.numberedClasses(classCount),
      labelMap: old?.labelMap ?? Array(0..<classCount))
    task = name
  }
}
