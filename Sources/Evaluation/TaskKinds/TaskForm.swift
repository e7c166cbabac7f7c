import Datasets
import Models
import Programs
import Torch

/// What tells kinds of task apart: the labels' type and shape, and the outputs'.
public struct TaskForm: Sendable, Equatable {
  /// Whether labels are whole numbers.
  public var hasIntegerLabels: Bool
  /// The shape of one example's labels: none for a single number.
  public var labelShape: [Int]
  /// Whether every label is 0 or 1.
  public var hasBinaryLabels: Bool
  /// The shape of one example's outputs; nil where no model is known.
  public var outputShape: [Int]?
  /// Words that the model's text input can have; nil where it has none.
  public var vocabularyCount: Int?

  /// - Parameters: see the properties.
  public init(
    hasIntegerLabels: Bool, labelShape: [Int], hasBinaryLabels: Bool = false, outputShape: [Int]? = nil,
    vocabularyCount: Int? = nil
  ) {
    self.hasIntegerLabels = hasIntegerLabels
    self.labelShape = labelShape
    self.hasBinaryLabels = hasBinaryLabels
    self.outputShape = outputShape
    self.vocabularyCount = vocabularyCount
  }
}

extension TaskForm {
  /// The form of a data set's labels, with a model's outputs.
  public init(of data: Dataset, outputShape: [Int]? = nil, vocabularyCount: Int? = nil) {
    let targets = data.train.targets
    self.init(
      hasIntegerLabels: targets.map { !$0.elementType.isFloatingPoint } ?? true, labelShape: targets?.shape ?? [],
      hasBinaryLabels: targets == nil ? data.classNames.count == 2 : data.train.hasBinaryTargets,
      outputShape: outputShape,
      vocabularyCount: vocabularyCount)
  }

  /// In words, for messages: `integer labels of shape 12 an example, outputs of shape 12×50`.
  public var words: String {
    let labels = "\(hasIntegerLabels ? "integer" : "fractional") labels"
    let shape = labelShape.isEmpty ? ", one an example" : " of shape \(Self.text(labelShape)) an example"
    return labels + shape + (outputShape.map { ", outputs of shape \(Self.text($0))" } ?? "")
  }

  private static func text(_ shape: [Int]) -> String {
    shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "×")
  }
}

extension Dataset {
  /// Refuses labels that are not one class an example.
  ///
  /// - Parameter user: what cannot do with others, as a subject with its verb: `probes are`.
  /// - Throws: ``EvaluationError/classesNeeded(dataset:form:by:)``.
  public func requireClasses(for user: String) throws {
    guard train.targets != nil else { return }
    throw EvaluationError.classesNeeded(dataset: name, form: TaskForm(of: self).words, by: user)
  }
}

extension Model {
  /// The shape of what the program gives for one example of a split.
  public func outputShape(on split: Split) throws -> [Int] {
    // Two, as some programs do not take a batch of one.
    let places = split.count > 1 ? [0, 1] : [0, 0]
    let batches = try Batches(split: split, batchSize: 2, order: places, device: device)
    guard let batch = batches.makeIterator().next() else { return [] }
    return try withoutGradients { Array(try run(try batch.modelInputs(for: self)).logits.shape.dropFirst()) }
  }
}

extension Program {
  /// How many words the embedding has that an input enters; nil where none does.
  public var vocabularyCount: Int? {
    var names = Set(inputs.map(\.name))
    for node in nodes where Self.reshaping.contains(node.operatorName) {
      if let first = node.reads.first, names.contains(first) { names.formUnion(node.outputs) }
    }
    let sizes = Dictionary(parameters.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    return nodes.lazy.compactMap { node -> Int? in
      guard node.operatorName == "aten::embedding", node.reads.contains(where: names.contains) else { return nil }
      return node.reads.lazy.compactMap { sizes[$0]?.first }.first
    }.first
  }

  /// How many places of a text have an embedding of their own, at most; nil where places have none, or its rows are chosen in
  /// another way than by counting on from the first place.
  public var positionCount: Int? {
    var places = Set(buffers.map(\.name).filter { $0.split(separator: ".").last?.contains("position") == true })
    for node in nodes {
      let counts = node.operatorName == "aten::arange"
      let isMoved = node.operatorName == "aten::add" && node.reads.count == 1
      let keeps =
        (isMoved || Self.reshaping.contains(node.operatorName)) && node.reads.first.map(places.contains) == true
      if counts || keeps { places.formUnion(node.outputs) }
    }
    let sizes = Dictionary(parameters.map { ($0.name, $0.shape) }, uniquingKeysWith: { first, _ in first })
    return nodes.lazy.compactMap { node -> Int? in
      guard node.operatorName == "aten::embedding", node.reads.contains(where: places.contains) else { return nil }
      return node.reads.lazy.compactMap { sizes[$0]?.first }.first
    }.min()
  }

  /// Calls that leave words what they are.
  private static let reshaping: Set<String> = [
    "aten::view", "aten::reshape", "aten::to", "aten::_to_copy", "aten::contiguous", "aten::clone", "aten::unsqueeze",
    "aten::squeeze", "aten::alias", "aten::slice", "aten::expand",
  ]
}
