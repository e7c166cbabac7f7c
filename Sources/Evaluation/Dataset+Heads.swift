import Checkpoints
import Datasets
import Findings
import Models
import Programs

/// One task's classifier, in a file or on a device.
public protocol ClassifierHead {
  /// The name of each class, in the order of the logits.
  var classNames: [String] { get }
}

extension Head: ClassifierHead {}
extension Model.TaskHead: ClassifierHead {}

extension Dataset {
  /// Which outputs of a head the classes of these data are.
  ///
  /// What is stated counts first (`Dataset.statedClasses`), then names, where the head and the data have them; else
  /// there have to be as many classes as outputs, which are taken in their order. Numbers counted from 0 are no names.
  ///
  /// - Throws: `ModelError.missingHead`, and ``EvaluationError`` where a class is none of the head's, or it is not known
  ///   which.
  public func classMatch(to task: String, among heads: [String: some ClassifierHead]) throws -> ClassMatch {
    guard let head = heads[task] else {
      throw ModelError.missingHead(task: task, available: heads.keys.sorted())
    }
    switch statedClasses {
    case .outputs(let outputs):
      return try match(stated: outputs, of: task, outputCount: head.classNames.count)
    case .names(let names):
      guard names.count == head.classNames.count else {
        throw EvaluationError.statedNameCount(task: task, head: head.classNames.count, found: names.count)
      }
      return try match(names, of: task)
    case nil: return try match(head.classNames, of: task)
    }
  }

  private func match(_ names: [String], of task: String) throws -> ClassMatch {
    let (headIsNamed, dataAreNamed) = (Self.areNames(names), Self.areNames(classNames))
    if headIsNamed, dataAreNamed {
      return ClassMatch(.name, outputs: try outputs(named: names, of: task), outputCount: names.count)
    }
    guard names.count == classNames.count else {
      throw EvaluationError.classCountMismatch(task: task, head: names.count, dataset: classNames.count)
    }
    return ClassMatch(
      .order, unnamed: headIsNamed ? .data : dataAreNamed ? .head : .both, outputs: Array(names.indices),
      outputCount: names.count)
  }

  private func outputs(named names: [String], of task: String) throws -> [Int] {
    let places = Dictionary(grouping: names.indices) { names[$0] }
    let unknown = classNames.filter { places[$0] == nil }
    if let first = unknown.first {
      throw EvaluationError.unknownClass(
        first, others: unknown.count - 1, dataset: name, task: task, nearest: nearest(first, in: names))
    }
    let found = try classNames.map { name -> Int in
      let own = places[name] ?? []
      guard own.count == 1 else { throw EvaluationError.ambiguousClass(name, task: task, outputs: own) }
      return own[0]
    }
    try checkDistinct(found, of: task)
    return found
  }

  private func match(stated outputs: [Int], of task: String, outputCount: Int) throws -> ClassMatch {
    guard outputs.count == classNames.count else {
      throw EvaluationError.statedClassCount(dataset: name, classes: classNames.count, found: outputs.count)
    }
    if let outside = outputs.first(where: { !(0..<outputCount).contains($0) }) {
      throw EvaluationError.noSuchOutput(outside, task: task, count: outputCount)
    }
    try checkDistinct(outputs, of: task)
    return ClassMatch(.number, outputs: outputs, outputCount: outputCount)
  }

  private func checkDistinct(_ outputs: [Int], of task: String) throws {
    let classes = Dictionary(grouping: outputs.indices) { outputs[$0] }
    if let (output, own) = classes.filter({ $0.value.count > 1 }).min(by: { $0.key < $1.key }) {
      throw EvaluationError.sharedOutput(output, task: task, classes: own.map { classNames[$0] })
    }
  }

  /// Whether the classes have names, rather than numbers from 0.
  public var namesClasses: Bool { Self.areNames(classNames) }

  /// Whether these say more than their places do.
  static func areNames(_ names: [String]) -> Bool {
    names != Checkpoint.numberedClasses(names.count) && names != names.indices.map(String.init)
  }

  /// The data in a head's numbers, with as many classes as the head has outputs: those that the data have are named as
  /// there. The data themselves where nothing is to be matched.
  public func renumbered(
    by match: ClassMatch?, of head: (some ClassifierHead)?, as kind: any TaskKind
  ) throws -> Dataset {
    guard let match, !match.isIdentity else { return self }
    var all = head?.classNames ?? []
    for (output, name) in zip(match.outputs, classNames) { all[output] = name }
    return try renumbered(classNames: all) { $0.renumbered(by: match, as: kind) }
  }
}

extension Split {
  /// The same examples with the numbers that the head has for their classes.
  public func renumbered(by match: ClassMatch?, as kind: any TaskKind) -> Split {
    guard let match, !match.isIdentity else { return self }
    return kind.numbered(self, by: match)
  }
}
