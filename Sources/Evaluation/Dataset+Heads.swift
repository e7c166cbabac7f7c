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
  public func checkHead(_ task: String, among heads: [String: some ClassifierHead]) throws {
    guard let head = heads[task] else {
      throw ModelError.missingHead(task: task, available: heads.keys.sorted())
    }
    guard head.classNames.count == classNames.count else {
      throw EvaluationError.classCountMismatch(task: task, head: head.classNames.count, dataset: classNames.count)
    }
  }
}
