import Findings

// Several runs of one fine-tuning are one result: their mean stands first.
extension DiagnosisPage {
  /// What the runs lost over their seeds, in a sentence; nil of one run, or where too little was judged.
  public var seedsVerdict: String? {
    guard let runs = finding.forgetting.runs, finding.forgetting.tooLittle == nil else { return nil }
    let claim = runs.comparison
    let what = finding.forgetting.isAgreement ? "agreement on \(finding.sourceTask)" : finding.sourceTask
    if claim.isMore { return "Over seeds, fine-tuning lost \(claim.text(of: score)) of \(what)." }
    if claim.isLess {
      return "Over seeds, fine-tuning lost nothing of \(what): it gained \(claim.reversed.text(of: score))."
    }
    return "Over seeds, fine-tuning lost \(claim.text(of: score)) of \(what) in the mean, which is not established"
      + (claim.isJudged ? "." : ": \(claim.doubt(of: score)).")
  }

  /// The page's first line: the mean over seeds where there are several, then the run that is looked into.
  public var headline: String { seedsVerdict.map { "\($0) Of the run that is looked into: \(verdict)" } ?? verdict }
}
