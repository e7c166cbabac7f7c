import Files
import Findings
import Foundation
import HDF5
import Reports

extension DiagnoseCommand {
  /// Names the finding, and says for each remedy what to type.
  func worded(_ finding: DiagnosisFinding, of subject: JudgedOptions.Subject) -> DiagnosisFinding {
    var finding = finding
    if let run = runs.first { finding.title = URL(fileURLWithPath: run).lastPathComponent }
    let words =
      runs.first
      ?? "--before \(subject.before) --after \(subject.after) "
      + "\(subject.isProxy ? "--source-proxy" : "--source") \(subject.source.specification)"
      + (pair.headClasses.classes.map { " --classes \($0.shellQuoted)" } ?? "")
      + (pair.kinds.taskKind.map { " --task-kind \($0.shellQuoted)" } ?? "")
    for number in finding.remedies.indices {
      finding.remedies[number].command = "lethe diagnose \(words) --apply \(number + 1) -o fixed.h5"
    }
    if let command = subject.retraining, var again = finding.retraining {
      let frozen = again.layers.map { " --freeze \($0)" }.joined()
      again.command = command + frozen + " --regularizer \(subject.regularizer) -o again"
      finding.remedies.append(again)
    }
    return finding
  }

  func show(_ finding: DiagnosisFinding, _ path: String?) {
    let page = DiagnosisPage(finding)
    if let seeds = page.seedsVerdict { Console.result(seeds) }
    Console.result(page.verdict)
    if let note = page.proxyNote { Console.result(note) }
    for note in page.gapNotes + [page.countNote, page.classNote].compactMap({ $0 }) + page.matchNotes {
      Console.result(note)
    }
    guard finding.forgetting.tooLittle == nil else {
      if let path { Console.result("report: \(path)") }
      return
    }
    if let why = page.why { Console.result("Why   \(why)") }
    if let cause = page.confidenceCause { Console.result("Why   \(cause)") }
    if let note = page.confidenceNote { Console.result("Trust \(note)") }
    if let place = page.place { Console.result("Where \(place)") }
    if let moment = page.moment { Console.result("When  \(moment)") }
    for note in [page.baselineNote, page.exceedingNote].compactMap({ $0 }) { Console.result(note) }
    Console.result("")
    Console.table(page.layerTable(), of: "layer", all: tables.all)
    if let worst = page.worsenedTable() {
      Console.paragraph(page.worsenedTitle)
      Console.table(worst)
    }
    let tried = page.triedRemedies
    if finding.remedies.contains(where: { $0.confidence == nil }) {
      Console.paragraph(
        page.remedyTitle + (tried.isEmpty ? "" : ", in \(page.remedyUnits) on examples that had no part in choosing it")
      )
      if !tried.isEmpty { Console.table(page.remedyTable()) }
      for remedy in page.untriedRemedies { if let command = remedy.command { Console.result("or    \(command)") } }
      if let note = page.remedyNote { Console.result(note) }
      if let command = finding.established.first?.remedy.command { Console.result("next: \(command)") }
    }
    if let mending = page.mendingWords {
      Console.result("Mend  \(mending)")
      if let command = finding.mending?.remedy.command { Console.result("next: \(command)") }
    }
    if let path { Console.result("report: \(path)") }
  }
}

extension DiagnosisPage {
  /// Writes the page, and the list of changed examples beside it.
  ///
  /// - Parameter links: other pages, from the page's folder.
  func write(to page: String, links: [PageLink]) throws {
    try AtomicFile.write(Data(html(links: links).utf8), to: page)
    guard finding.worsened == nil else { return }
    try AtomicFile.write(Data(exampleFile().utf8), to: PageFolder(of: page).path(of: "diagnosis-examples.csv"))
  }
}
