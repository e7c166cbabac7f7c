import Programs
import Torch

/// The classifier alone: what enters it, and an executor of its calls.
struct HeadExecution {
  /// The program's value that enters the classifier.
  let entry: String
  let executor: Executor

  /// Nil where the program has no head that is a function of one value.
  init?(_ program: Program) {
    guard let (head, entry) = program.headProgram, let executor = try? Executor(head) else { return nil }
    self.entry = entry
    self.executor = executor
  }
}

extension Model {
  /// The logits that another task's head gives, whichever head is in place.
  ///
  /// - Parameters:
  ///   - features: what enters the classifier: ``Result/headInput`` of a run, or rows of it.
  ///   - head: the head's tensors, as ``TaskHead/tensors``.
  /// - Returns: `[batch, classes]`.
  /// - Throws: ``ModelError/entangledHead(layer:)`` where the classifier reads more than one value.
  public func logits(
    of features: Tensor, head: [String: Tensor], mode: ExecutionMode = .evaluation
  ) throws -> Tensor {
    let known = try knownHead()
    let run = try known.executor.run(
      inputs: [known.entry: features], constants: [parameters, buffers, head], device: device, mode: mode, capture: [])
    return run.outputs[0]
  }

  func knownHead() throws -> HeadExecution {
    guard let headExecution else {
      guard let head = program.head else { throw ModelError.noClassifier(architecture: program.architecture) }
      throw ModelError.entangledHead(layer: head)
    }
    return headExecution
  }
}
