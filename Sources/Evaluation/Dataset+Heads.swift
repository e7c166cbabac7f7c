import Checkpoints
import Datasets
import Models

/// One task's classifier, in a file or on a device.
public protocol ClassifierHead {
  /// The name of each class, in the order of the logits.
  var classNames: [String] { get }
}

extension Head: ClassifierHead {}
extension Model.TaskHead: ClassifierHead {}

extension Dataset {
  /// Refuses a head that is not there, or has another number of classes than the data.
  ///
  /// - Throws: `ModelError.missingHead`, ``EvaluationError/classCountMismatch(task:head:dataset:)``.
  ///
  /// - Parameter kind: that the data are for.
  public func checkHead(
    _ task: String, among heads: [String: some ClassifierHead], kind: any TaskKind = Classification()
  ) throws {
    guard let head = heads[task] else {
      throw ModelError.missingHead(task: task, available: heads.keys.sorted())
    }
    guard !kind.isClassification else { return try checkClasses(of: head, task: task) }
    guard let names = kind.outputNames(of: self) else { return }
    // Numbers that no name stands for are the head's own.
    let fits = classNames.isEmpty ? names.count <= head.classNames.count : names.count == head.classNames.count
    guard fits else {
      throw EvaluationError.classCountMismatch(task: task, head: head.classNames.count, dataset: names.count)
    }
  }

  private func checkClasses(of head: some ClassifierHead, task: String) throws {
    guard head.classNames.count == classNames.count else {
      throw EvaluationError.classCountMismatch(task: task, head: head.classNames.count, dataset: classNames.count)
    }
  }
}
