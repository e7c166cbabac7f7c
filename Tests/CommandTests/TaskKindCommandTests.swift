import Foundation
import TestSupport
import Testing

/// Tasks that are no classification, as they are typed.
@Suite(.serialized) struct TaskKindCommandTests {
  private func fixture(_ name: String) -> String { Repository.fixture("kinds/\(name)") }

  private func base(_ name: String, in folder: TemporaryFolder) throws -> String {
    let path = folder.file("\(name).h5")
    let made = try Command("import", fixture("\(name).pt2"), "-o", path)
    #expect(made.status == 0, "\(made.errors)")
    return path
  }

  @Test func aLanguageModelIsEvaluatedFineTunedAndReported() throws {
    let folder = try TemporaryFolder()
    let base = try base("lm", in: folder)
    let data = fixture("lm.h5")
    let judged = try Command("evaluate", base, "--data", data)
    #expect(
      judged.output == """
        task: causal language model, judged by cross-entropy (nats a token)
        \(base) · head lm · lm: cross-entropy 3.691 nats a token, perplexity 40.1, accuracy of tokens 2.9 %, over 64 examples

        """, "\(judged.errors)")
    let tuned = try Command(
      "finetune", base, "--source", data, "--target", data, "--epochs", "2", "--lr", "0.5", "--threads", "1", "-o",
      folder.file("run"))
    #expect(tuned.status == 0, "\(tuned.errors)")
    #expect(tuned.output.contains("nats a token"))
    #expect(tuned.output.contains("of 64 examples got worse"))
    // Nats are no per cent.
    #expect(!tuned.output.contains("369."))
    let diagnosed = try Command("diagnose", folder.file("run"), "--quiet", "--threads", "1")
    #expect(diagnosed.status == 0, "\(diagnosed.errors)")
    #expect(diagnosed.output.contains("Fine-tuning lost"))
    #expect(diagnosed.output.contains("nats a token"))
    #expect(!diagnosed.output.contains("points"))
    let guarded = try Command("diagnose", folder.file("run"), "--max-forgetting", "2pp", "--quiet")
    #expect(guarded.status == 64)
    #expect(guarded.errors == "lethe: --max-forgetting: expected nats a token as a bare number, found '2pp'\n")
    let page = folder.file("report.html")
    let report = try Command("report", folder.file("run"), "-o", page)
    #expect(report.status == 0, "\(report.errors)")
    let text = try String(contentsOfFile: page, encoding: .utf8)
    #expect(text.contains("nats a token"))
    #expect(!text.contains("McNemar"))
    #expect(!text.contains("369.1"))
    let line = try Command(
      "interpolate", folder.file("run"), "--source", data, "--points", "4", "--to", "1.5", "--quiet")
    #expect(line.status == 0, "\(line.errors)")
    #expect(line.output.contains("1.50"))
    // A score that is the loss stands there once.
    #expect(!line.output.contains("loss"), "\(line.output)")
  }

  @Test func aLanguageModelIsSweptInNatsAToken() throws {
    let folder = try TemporaryFolder()
    let base = try base("lm", in: folder)
    let data = fixture("lm.h5")
    let common = ["sweep", base, "--source", data, "--target", data, "--epochs", "1", "--lr", "0.5", "--threads", "1"]
    let swept = try Command(
      array: common + ["--regularizer", "none|l2-sp:alpha=1", "--seeds", "3", "-o", folder.file("sweep")])
    #expect(swept.status == 0, "\(swept.errors)")
    #expect(swept.output.contains("task: causal language model, judged by cross-entropy (nats a token)"))
    #expect(swept.errors.contains("none, seed 0: source 3.") && swept.errors.contains("nats a token, target 3."))
    for word in ["points", "369.", "accuracy"] {
      #expect(!(swept.output + swept.errors).contains(word), "\(swept.output)")
    }
    let page = try String(contentsOfFile: folder.file("sweep") + "/report.html", encoding: .utf8)
    #expect(page.contains("nats a token on the source, lm; less is better") && !page.contains("points"))
    let refused = try Command(
      array: common + ["--regularizer", "l2-sp", "--max-forgetting", "2pp", "-o", folder.file("search")])
    #expect(refused.status == 64)
    #expect(refused.errors == "lethe: --max-forgetting: expected nats a token as a bare number, found '2pp'\n")
    #expect(!FileManager.default.fileExists(atPath: folder.file("search")))
  }

  @Test func languageModelsFollowOneAnotherWithOneHead() throws {
    let folder = try TemporaryFolder()
    let base = try base("lm", in: folder)
    let data = fixture("lm.h5")
    let run = try Command(
      "finetune", base, "--task", "a=\(data)", "--task", "b=\(data)", "--epochs", "1", "--lr", "0.5", "--regularizer",
      "lwf", "--threads", "1", "-o", folder.file("run"))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("2 tasks, one head") && run.output.contains("average cross-entropy"))
    #expect(run.output.contains("LwF holds the answers of head 'lm' (40 classes, trained) on 60 target examples"))
    #expect(!run.output.contains("points"))
    let report = try Command("report", folder.file("run"), "--json", "-o", folder.file("page.html"))
    #expect(report.status == 0, "\(report.errors)")
  }

  @Test func aLanguageModelAgreesWithItselfOnTokens() throws {
    let folder = try TemporaryFolder()
    let base = try base("lm", in: folder)
    let data = fixture("lm.h5")
    let run = try Command(
      "finetune", base, "--source-proxy", data, "--target", data, "--epochs", "1", "--lr", "0.5", "--threads", "1",
      "-o",
      folder.file("run"))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains(" of the tokens of the proxy examples what it said before (agreement, not accuracy)"))
    let page = folder.file("page.html")
    let report = try Command("report", folder.file("run"), "-o", page)
    #expect(report.status == 0, "\(report.errors)")
    let text = try String(contentsOfFile: page, encoding: .utf8)
    #expect(text.contains("top-1 agreement on the tokens of the proxy examples lm, not accuracy"))
    #expect(text.contains("Both are over the tokens of these examples that count"))
    let other = try self.base("numbers", in: folder)
    let numbers = try Command(
      "finetune", other, "--source-proxy", fixture("numbers.h5"), "--target",
      fixture("numbers.h5"), "--target-head", "keep", "-o", folder.file("numbers"))
    #expect(numbers.status == 0, "\(numbers.errors)")
    #expect(numbers.output.contains("moved on proxy") && !numbers.output.contains("agreement"))
    #expect(
      numbers.output.contains(
        #/with the source's head, what the model says of the proxy examples moved by [0-9.]+ from what it said before/#)
    )
    let moved = try Command("report", folder.file("numbers"), "-o", page)
    #expect(moved.status == 0, "\(moved.errors)")
    #expect(
      try String(contentsOfFile: page, encoding: .utf8).contains(
        "mean squared difference on the proxy examples numbers"))
    let chosen = try Command(
      "finetune", other, "--source-proxy", fixture("numbers.h5"), "--target",
      fixture("numbers.h5"), "--target-head", "keep", "--best", "agreement", "-o", folder.file("chosen"))
    #expect(chosen.status == 65)
    #expect(
      chosen.errors
        == "lethe: agreement on examples that stand in for the source's is of classes or labels, and cannot be measured of regression\n"
    )
  }

  @Test func probesServeEveryKindAndAnUnknownOneIsNamed() throws {
    let folder = try TemporaryFolder()
    let base = try base("pixels", in: folder)
    let data = fixture("pixels.h5")
    let probed = try Command("probe", base, "--data", data, "--threads", "1")
    #expect(probed.status == 0 && probed.output.contains("control, fitted to permuted labels:"), "\(probed.errors)")
    let model = try self.base("lm", in: folder)
    let words = try Command("probe", model, "--data", fixture("lm.h5"), "--threads", "1")
    #expect(words.status == 0 && words.output.contains("control, fitted to permuted labels:"), "\(words.errors)")
    let other = try Command("evaluate", base, "--data", data, "--task-kind", "poetry")
    #expect(other.status == 64, "\(other.errors)")
    #expect(other.errors.contains("no kind of task 'poetry'; known: classification, binary-classification, causal-lm"))
  }

  /// What a run was trained as, it is diagnosed as, though its labels alone would say otherwise.
  @Test func aRunIsDiagnosedAsTheKindItWasMadeWith() throws {
    let folder = try TemporaryFolder()
    let base = try base("numbers", in: folder)
    let data = fixture("numbers.h5")
    let tuned = try Command(
      "finetune", base, "--source", data, "--target", data, "--target-head", "keep", "--task-kind",
      "regression-absolute", "--epochs", "1", "--lr", "0.01", "--threads", "1", "--json", "-o", folder.file("run"))
    #expect(tuned.status == 0, "\(tuned.errors)")
    let diagnosed = try Command("diagnose", folder.file("run"), "--json", "--quiet", "--threads", "1")
    #expect(diagnosed.status == 0, "\(diagnosed.errors)")
    let json = try #require(try JSONSerialization.jsonObject(with: Data(diagnosed.output.utf8)) as? [String: Any])
    #expect((json["targetScore"] as? [String: Any])?["name"] as? String == "mae")
    let forgetting = try #require(json["forgetting"] as? [String: Any])
    #expect((forgetting["score"] as? [String: Any])?["name"] as? String == "mae")
    // What it knows is not to be said again; of checkpoints it is.
    let said = try Command("diagnose", folder.file("run"), "--task-kind", "regression-absolute")
    #expect(said.status == 64)
    #expect(
      said.errors
        == "lethe: --task-kind is of data that are given: \(folder.file("run")) knows what kinds its own are of\n")
    for (kind, score) in [(["--task-kind", "regression-absolute"], "mae"), ([], "rmse")] {
      let pair = try Command(
        array: [
          "diagnose", "--before", base, "--after", folder.file("run/checkpoints/epoch-0001.h5"), "--source", data,
        ]
          + kind + ["--json", "--quiet", "--threads", "1"])
      #expect(pair.status == 0, "\(pair.errors)")
      #expect(pair.output.contains("\"name\": \"\(score)\"") || pair.output.contains("\"name\":\"\(score)\""))
    }
  }

  /// A run that forgot: what it was made with stands in the command that trains again, and its worst examples are shown.
  @Test func theWorstExamplesAreShownAndTheCommandIsWhole() throws {
    let folder = try TemporaryFolder()
    let base = try base("lm", in: folder)
    let data = fixture("lm.h5")
    // Steps that are far too long.
    let tuned = try Command(
      "finetune", base, "--source", data, "--target", data, "--target-head", "keep", "--task-kind", "causal-lm",
      "--epochs", "1", "--lr", "5", "--threads", "1", "--quiet", "-o", folder.file("run"))
    #expect(tuned.status == 0, "\(tuned.errors)")
    let diagnosed = try Command("diagnose", folder.file("run"), "--quiet", "--threads", "1")
    #expect(diagnosed.status == 0, "\(diagnosed.errors)")
    #expect(diagnosed.output.contains("Test examples whose own loss rose most"), "\(diagnosed.output)")
    #expect(diagnosed.output.contains("--task-kind causal-lm --target-head keep"), "\(diagnosed.output)")
    let page = try String(contentsOfFile: folder.file("run/diagnosis.html"), encoding: .utf8)
    #expect(page.contains("<ol class=\"worst\">") && page.contains("Marked are tokens that became less likely"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("run/diagnosis-examples.csv")))
  }

  @Test func howFarUpALanguageModelCanBeReusedIsSaidInNatsAToken() throws {
    let folder = try TemporaryFolder()
    let base = try base("lm", in: folder)
    let common = ["transfer", base, "--target", fixture("lm.h5"), "--epochs", "1", "--lr", "0.05", "--threads", "1"]
    let found = try Command(
      array: common + ["--source", fixture("lm.h5"), "--quick", "-o", folder.file("transfer")])
    #expect(found.status == 0, "\(found.errors)")
    #expect(found.output.hasPrefix("task: causal language model, judged by cross-entropy (nats a token)\n"))
    #expect(found.errors.contains("own network, seed 0: 3."))
    #expect(found.errors.contains("with them frozen nothing is left to train, that cut is left out"))
    let page = try String(contentsOfFile: folder.file("transfer") + "/report.html", encoding: .utf8)
    let numbers = try String(contentsOfFile: folder.file("transfer") + "/finding.json", encoding: .utf8)
    let table = try String(contentsOfFile: folder.file("transfer") + "/transfer.csv", encoding: .utf8)
    #expect(page.contains("nats a token; less is better") && numbers.contains("\"nats_per_token\""))
    #expect(table.hasPrefix("curve,copied,cut,run,nats_per_token"))
    for word in [" points", "ccuracy", "369."] {
      #expect(!(found.output + found.errors + page + numbers + table).contains(word), "\(word)")
    }
    let refused = try Command(
      array: common + ["--cut", "model.transformer.h.1", "--quick", "-o", folder.file("refused")])
    #expect(refused.status == 64 && refused.errors.contains("nothing is left to train"), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("refused")))

    let map = try Command(
      array: common + ["--map", "--amounts", "10,all", "--least-steps", "2", "-o", folder.file("map")])
    #expect(map.status == 0, "\(map.errors)")
    #expect(map.output.contains("10 to all examples") && !map.output.contains("a class"))
    let tooMany = try Command(array: common + ["--map", "--amounts", "100", "-o", folder.file("many")])
    #expect(tooMany.status == 64 && tooMany.errors == "lethe: --amounts: 100 examples, but there are only 60\n")
  }

  @Test func aSingleOutputForYesOrNoIsTrainedJudgedAndDiagnosed() throws {
    let folder = try TemporaryFolder()
    let base = try base("binary", in: folder)
    let data = fixture("binary.h5")
    let judged = try Command("evaluate", base, "--data", data)
    #expect(
      judged.output == """
        task: binary classification, judged by accuracy
        \(base) · head binary · binary: 71.9 % of 64, loss 0.627, calibration error 16.2 %, \
        Brier score 0.435

        """, "\(judged.errors)")
    let asked = try Command("evaluate", base, "--data", data, "--task-kind", "regression")
    #expect(asked.output.hasPrefix("task: regression, judged by root mean squared error\n"), "\(asked.errors)")
    let refused = try Command("evaluate", base, "--data", data, "--task-kind", "classification")
    #expect(refused.status == 65 && refused.errors.contains("the head has 1 classes, the dataset 2"))
    let target = folder.file("next.h5")
    try FileManager.default.copyItem(atPath: data, toPath: target)
    let tuned = try Command(
      "finetune", base, "--source", data, "--target", target, "--epochs", "2", "--regularizer", "ewc",
      "--regularizer", "lwf", "--threads", "1", "-o", folder.file("run"))
    #expect(tuned.status == 0, "\(tuned.errors)")
    #expect(tuned.output.contains("Fisher information (exact)") && tuned.output.contains("examples lost"))
    let diagnosed = try Command("diagnose", folder.file("run"), "--quiet", "--threads", "1")
    #expect(diagnosed.status == 0 && diagnosed.output.contains("71.9"), "\(diagnosed.errors)")
    let probed = try Command("probe", folder.file("run"), "--data", data)
    #expect(probed.status == 0 && probed.output.contains("control, fitted to permuted labels"), "\(probed.errors)")
  }
}
