import Foundation
import HDF5
import Programs

/// The classifier of one task.
public struct Head: Sendable, Equatable {
  /// Its tensors, by their full parameter names (`fc.weight`).
  public var tensors: [String: TensorView]
  /// The name of each class.
  public var classNames: [String]
  /// The label each class had in the data before it was renumbered.
  public var labelMap: [Int]

  /// A classifier; its tensors may be left empty for the task in place, whose tensors are parameters.
  public init(tensors: [String: TensorView], classNames: [String], labelMap: [Int]) {
    self.tensors = tensors
    self.classNames = classNames
    self.labelMap = labelMap
  }
}

/// How inputs are normalized before the model: `(input / scale - mean) / standardDeviation`, by channel.
public struct Preprocessing: Equatable, Sendable {
  /// What uint8 inputs are divided by, 255 as a rule.
  public var scale: Double
  /// The mean of each channel, after the division.
  public var mean: [Double]
  /// The standard deviation of each channel, after the division.
  public var standardDeviation: [Double]
  /// Whether images of another size or of one channel are brought to the model's shape before that.
  public var fitsImages: Bool
  /// Rows and columns that images from files were brought to in training; nil where there were none.
  public var imageSize: [Int]?
  /// What their shorter side was resized to before the middle was cut out; nil where they were resized until they just
  /// covered the size.
  public var imageResize: Int?

  /// A normalization by channel, `mean` and `standardDeviation` of the same length.
  public init(
    scale: Double = 255, mean: [Double], standardDeviation: [Double], fitsImages: Bool = false,
    imageSize: [Int]? = nil, imageResize: Int? = nil
  ) {
    self.imageSize = imageSize
    self.imageResize = imageResize
    self.fitsImages = fitsImages
    self.scale = scale
    self.mean = mean
    self.standardDeviation = standardDeviation
  }
}

/// A model at one moment: its program, its tensors, and the head of every task it has learnt.
public struct Checkpoint: Sendable {
  /// What the model computes.
  public var program: Program
  /// The task whose head stands in ``parameters``.
  public var task: String
  /// Epochs trained since the start of its run; 0 before any.
  public var epoch: Int
  /// Where it comes from: the path of the checkpoint before.
  public var parent: String?
  /// The backbone's parameters and those of the head of ``task``, by name.
  public var parameters: [String: TensorView]
  /// Running statistics and constants, by name.
  public var buffers: [String: TensorView]
  /// The heads of all tasks, that of ``task`` included; for that one, ``parameters`` has the say.
  public var heads: [String: Head]
  /// How inputs are normalized.
  public var preprocessing: Preprocessing?
  /// How much each parameter mattered to the tasks learnt so far: by measure (`si`), then by parameter name.
  public var importances: [String: [String: TensorView]]
  /// The low-rank changes that ``parameters`` have in them, where the run that wrote it trained such.
  public var adapters: LowRankFactors?

  /// A checkpoint of these parts; ``validate(file:)`` checks that they fit.
  public init(
    program: Program, task: String, epoch: Int = 0, parent: String? = nil, parameters: [String: TensorView],
    buffers: [String: TensorView] = [:], heads: [String: Head] = [:], preprocessing: Preprocessing? = nil,
    importances: [String: [String: TensorView]] = [:], adapters: LowRankFactors? = nil
  ) {
    self.program = program
    self.task = task
    self.epoch = epoch
    self.parent = parent
    self.parameters = parameters
    self.buffers = buffers
    self.heads = heads
    self.preprocessing = preprocessing
    self.importances = importances
    self.adapters = adapters
  }

  /// Checks that names, shapes and types are the program's. The first axis of a head may differ: it counts classes.
  ///
  /// - Parameter file: the file to name in errors.
  public func validate(file: String) throws {
    try Self.compare(parameters, program.parameters, headNames: Set(program.headParameterNames), file: file)
    try Self.compare(buffers, program.buffers, headNames: [], file: file)
    let headNames = Set(program.headParameterNames)
    let specifications = program.parameters.filter { headNames.contains($0.name) }
    for (name, head) in heads {
      try Self.checkName(name, "task", file: file)
      // The active head may be given by its class names alone, as its tensors are parameters.
      if name == task, head.tensors.isEmpty { continue }
      try Self.compare(head.tensors, specifications, headNames: headNames, prefix: "heads/\(name)/", file: file)
    }
    try Self.checkName(task, "task", file: file)
    try checkImportances(file: file)
    try adapters?.validate(parameters, file: file)
  }

  private func checkImportances(file: String) throws {
    for (measure, tensors) in importances {
      try Self.checkName(measure, "measure of importance", file: file)
      for (name, tensor) in tensors {
        guard let parameter = parameters[name] else {
          throw CheckpointError.unexpectedTensor(tensor: "importances/\(measure)/\(name)", file: file)
        }
        guard tensor.shape == parameter.shape else {
          throw CheckpointError.shapeMismatch(
            tensor: "importances/\(measure)/\(name)", file: file, expected: parameter.shape, found: tensor.shape)
        }
      }
    }
  }

  private static func compare(
    _ tensors: [String: TensorView], _ specifications: [TensorSpecification], headNames: Set<String>,
    prefix: String = "", file: String
  ) throws {
    for specification in specifications {
      let name = specification.name
      try checkName(name, "tensor", file: file)
      guard let tensor = tensors[name] else {
        throw CheckpointError.missingTensor(tensor: prefix + name, file: file)
      }
      let isHead = headNames.contains(name)
      let expected = isHead ? Array(specification.shape.dropFirst()) : specification.shape
      guard tensor.shape.count == specification.shape.count,
        (isHead ? Array(tensor.shape.dropFirst()) : tensor.shape) == expected
      else {
        throw CheckpointError.shapeMismatch(
          tensor: prefix + name, file: file, expected: specification.shape, found: tensor.shape)
      }
      // A model may be kept in a narrower float than its program was written in, but not in another kind of number.
      let type = ElementType(rawValue: specification.elementType)
      guard type == tensor.elementType || (type?.isFloatingPoint == true && tensor.elementType.isFloatingPoint) else {
        throw CheckpointError.typeMismatch(
          tensor: prefix + name, file: file, expected: specification.elementType, found: tensor.elementType.rawValue)
      }
    }
    let known = Set(specifications.map(\.name))
    if let extra = tensors.keys.filter({ !known.contains($0) }).min() {
      throw CheckpointError.unexpectedTensor(tensor: prefix + extra, file: file)
    }
  }

  // Names become links of HDF5, where a slash would begin a group.
  private static func checkName(_ name: String, _ kind: String, file: String) throws {
    guard !name.isEmpty, name != ".", name != "..", !name.contains("/"), !name.contains("\0") else {
      throw CheckpointError.malformed(path: file, reason: "\"\(name)\" cannot be the name of a \(kind)")
    }
  }
}
