import Evaluation

/// What the command says of errors beside their own words: which option helps.
enum ErrorWords {
  static func text(of error: any Error) -> String {
    switch error {
    case EvaluationError.inputMismatch(_, _, _, _, canBeFitted: true):
      "\(error); --fit resizes images and repeats a single channel"
    default: "\(error)"
    }
  }
}
