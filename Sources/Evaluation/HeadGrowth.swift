import Datasets
import Findings

/// What a head becomes where outputs are added to it for classes that it does not have: one head that knows old and new.
public struct HeadGrowth: Sendable, Equatable {
  /// How many outputs the head has before; they stay the first.
  public let knownCount: Int
  /// The names of the outputs that are added.
  public let newNames: [String]
  /// The numbers that their classes have in the data that they were taken from.
  public let newLabels: [Int]
  /// Which outputs of the head, once it has grown, the target's classes are.
  public let targetOutputs: [Int]
  /// Whether the outputs have names, rather than numbers alone.
  public let isNamed: Bool

  /// What a head lacks of the classes of a target.
  ///
  /// Classes that the head has are found by name. Where the head names none, its numbers are their names.
  ///
  /// - Parameters:
  ///   - target: names its classes: numbers counted from 0 would say nothing of a class.
  ///   - task: the head's.
  /// - Throws: ``EvaluationError/unnamedClasses(dataset:task:)``, ``EvaluationError/nothingToGrow(task:dataset:)``, and
  ///   ``EvaluationError/ambiguousClass(_:task:outputs:)``.
  public init(of head: some ClassifierHead, task: String, for target: Dataset) throws {
    guard target.namesClasses else {
      throw EvaluationError.unnamedClasses(dataset: target.name, task: task)
    }
    let known = Dictionary(grouping: head.classNames.indices) { head.classNames[$0] }
    var (outputs, names, labels): ([Int], [String], [Int]) = ([], [], [])
    for (name, label) in zip(target.classNames, target.labelMap) {
      switch known[name]?.count ?? 0 {
      case 0:
        outputs.append(head.classNames.count + names.count)
        names.append(name)
        labels.append(label)
      case 1: outputs += known[name] ?? []
      default: throw EvaluationError.ambiguousClass(name, task: task, outputs: known[name] ?? [])
      }
    }
    guard !names.isEmpty else { throw EvaluationError.nothingToGrow(task: task, dataset: target.name) }
    knownCount = head.classNames.count
    isNamed = Dataset.areNames(head.classNames)
    (newNames, newLabels, targetOutputs) = (names, labels, outputs)
  }
}
