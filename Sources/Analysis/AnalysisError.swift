/// An analysis that its input does not allow.
public enum AnalysisError: Error, Equatable, CustomStringConvertible {
  case tooFewSamples(count: Int, minimum: Int)
  case nothingToCompare(String)
  case badFeatures(path: String, reason: String)
  case notFinite(String)

  public var description: String {
    switch self {
    case .tooFewSamples(let count, let minimum): "CKA needs at least \(minimum) samples, found \(count)"
    case .nothingToCompare(let reason): reason
    case .badFeatures(let path, let reason): "\(path): \(reason)"
    case .notFinite(let what): "\(what) is not finite: nothing can be said of it (was the training stable?)"
    }
  }

  public var exitStatus: Int32 { 65 }
}
