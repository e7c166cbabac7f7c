import Foundation
import TestSupport
import Testing

/// Data whose classes are some of a head's, or stand in another order, through the command.
@Suite(.serialized) struct HeadClassesTests {
  /// Ten classes by name; `part.h5` has four of them in another order, `numbers.h5` the same without names, with the
  /// highest class missing; `other.h5` three classes to fine-tune for.
  private static let zoo = """
    import sys, h5py, numpy as np
    folder = sys.argv[1]
    names = "ape bee cat dog emu fox gnu hen ibis jay".split()
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(10, 6))
    def write(name, classes, shift=0.0):
        with h5py.File(f"{folder}/{name}.h5", "w") as file:
            for part, count in (("train", 600), ("test", 200)):
                labels = rng.integers(0, len(classes), count)
                values = centres[np.array(classes)[labels]] + shift + 0.8 * rng.normal(size=(count, 6))
                file[f"{part}/inputs/input"] = values.astype(np.float32).reshape(count, 1, 2, 3)
                file[f"{part}/labels"] = labels
            if not name.startswith("numbers"):
                file.create_dataset("class_names", data=[names[c] for c in classes], dtype=h5py.string_dtype())
    write("whole", range(10))
    write("part", [7, 2, 9, 3])
    write("numbers", range(9))
    write("other", [0, 1, 2], shift=2.0)
    with h5py.File(f"{folder}/other.h5", "a") as file: file["class_names"][...] = ["u", "v", "w"]
    """

  /// What NumPy makes of a perceptron of two layers: its accuracy on the part, and each class's, by the outputs of the names.
  private static let judge = """
    import sys, h5py, numpy as np
    with h5py.File(sys.argv[1]) as model, h5py.File(sys.argv[2]) as data:
        (b1, w1), (b2, w2) = [[model["parameters"][f"layers.{n}.{k}"][...] for k in ("bias", "weight")] for n in (0, 2)]
        head = list(next(iter(model["heads"].values())).attrs["class_names"])
        own = model["preprocessing"].attrs
        x = data["test/inputs/input"][...].astype(np.float64)
        x = (x / own["scale"] - np.array(own["mean"]).reshape(1, -1, 1, 1)) / np.array(own["standard_deviation"]).reshape(1, -1, 1, 1)
        classes = [n.decode() if isinstance(n, bytes) else n for n in data["class_names"][...]]
        outputs = [[h.decode() if isinstance(h, bytes) else h for h in head].index(n) for n in classes]
        labels = np.array(outputs)[data["test/labels"][...]]
    said = (np.maximum(x.reshape(len(x), -1) @ w1.T + b1, 0) @ w2.T + b2).argmax(1)
    print((said == labels).mean(), *[(said == o)[labels == o].mean() for o in outputs])
    """

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    _ = try Python.run(Self.zoo, folder.path)
    let base = folder.file("base.h5")
    let made = try Command("new", "mlp", "--classes", "10", "--input", "1x2x3", "--hidden", "16", "-o", base)
    #expect(made.status == 0, "\(made.errors)")
    let trained = try Command(
      "train", base, "--data", folder.file("whole.h5"), "--epochs", "5", "--lr", "0.05", "-o", folder.file("source"))
    #expect(trained.status == 0, "\(trained.errors)")
    return folder
  }

  private func object(_ command: Command) throws -> [String: Any] {
    #expect(command.status == 0, "\(command.errors)")
    return try #require(try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
  }

  private func write(_ text: String, _ name: String, in folder: TemporaryFolder) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file(name)))
    return folder.file(name)
  }

  @Test(.enabled(if: Python.path != nil)) func aPartIsJudgedByTheWholeHeadAndMatchedByName() throws {
    let folder = try folder()
    let (source, part) = (folder.file("source"), folder.file("part.h5"))
    let numbers = try Python.run(Self.judge, source + "/checkpoints/epoch-0005.h5", part).split(separator: " ")
    let expected = numbers.compactMap { Double($0) }
    let result = try object(Command("evaluate", source, "--data", part, "--json"))
    #expect(result["accuracy"] as? Double == expected[0])
    let classes = try #require(result["perClass"] as? [[String: Any]])
    #expect(classes.map { $0["class"] as? String } == ["hen", "cat", "jay", "dog"])
    // The JSON has sixteen digits.
    let shares = classes.compactMap { $0["accuracy"] as? Double }
    #expect(shares.count == 4 && zip(shares, expected.dropFirst()).allSatisfy { abs($0 - $1) < 1e-12 }, "\(shares)")
    // Not what the positions say: those are other classes.
    #expect(expected[0] > 0.5)
    let match = try #require(result["matchedClasses"] as? [String: Any])
    #expect(match["matchedBy"] as? String == "name" && match["outputCount"] as? Int == 10)
    #expect(match["outputs"] as? [Int] == [7, 2, 9, 3])
    let said = try Command("evaluate", source, "--data", part).output.split(separator: "\n")
    #expect(said.count > 1 && said[1] == "4 of the head's 10 classes, matched by name")
    // All of them, as they stand: nothing to say.
    #expect(try !Command("evaluate", source, "--data", folder.file("whole.h5")).output.contains("matched"))
    // Numbers for the same say the same.
    let file = try write("hen\t7\ncat\t2\njay\t9\ndog\t3\n", "classes.txt", in: folder)
    let stated = try object(Command("evaluate", source, "--data", part, "--classes", file, "--json"))
    #expect(stated["accuracy"] as? Double == expected[0] && stated["loss"] as? Double == result["loss"] as? Double)
    #expect((stated["matchedClasses"] as? [String: Any])?["matchedBy"] as? String == "number")
  }

  @Test(.enabled(if: Python.path != nil)) func whatCannotBeMatchedIsOneLine() throws {
    let folder = try folder()
    let (source, numbers) = (folder.file("source"), folder.file("numbers.h5"))
    let cases: [(Int32, [String], String)] = [
      (
        65, ["--data", numbers],
        "the head has 10 classes, the dataset 9, and not both name them; --classes FILE says which output each class is"
      ),
      (65, ["--data", folder.file("other.h5")], "the head has no class 'u', which dataset 'other' has, nor 2 others"),
      (
        65, ["--data", numbers, "--classes", try write("1\n2\n", "two.txt", in: folder)],
        "--classes: dataset 'numbers': expected the output of each of its 9 classes, found 2"
      ),
      (66, ["--data", numbers, "--classes", folder.file("nowhere.txt")], "nowhere.txt"),
    ]
    for (status, arguments, message) in cases {
      let command = try Command(array: ["evaluate", source] + arguments)
      #expect(command.status == status, "\(command.errors)")
      #expect(command.errorLines.count == 1 && command.errors.contains(message), "\(command.errors)")
    }
    let all = try write((0..<9).map { "\($0)\n" }.joined(), "all.txt", in: folder)
    let said = try Command("evaluate", source, "--data", numbers, "--classes", all)
    #expect(
      said.output.contains("9 of the head's 10 classes, matched by the numbers that were given"), "\(said.errors)")
    let proxy = try Command(
      "finetune", source, "--source-proxy", numbers, "--target", folder.file("other.h5"), "--classes", all, "-o",
      folder.file("never"))
    #expect(proxy.status == 64 && proxy.errors.contains("--classes"), "\(proxy.errors)")
  }

  /// One head for old and new classes, from the command to PyTorch.
  @Test(.enabled(if: Python.path != nil)) func aHeadGrows() throws {
    let folder = try folder()
    let (source, run) = (folder.file("source"), folder.file("run"))
    func tune(_ further: String..., output: String) throws -> Command {
      try Command(
        array: [
          "finetune", source, "--source", folder.file("whole.h5"), "--target", folder.file("other.h5"), "--epochs", "2",
          "--lr", "0.05", "--target-head", "grow", "-o", output,
        ] + further)
    }
    let tuned = try tune("--loss-classes", "target", "--regularizer", "lwf", output: run)
    #expect(tuned.status == 0, "\(tuned.errors)")
    #expect(tuned.errors.contains("head: 3 classes are added to the 10 it has: u, v, w"), "\(tuned.errors)")
    #expect(tuned.output.contains("\nall 13 classes of the head together: "), "\(tuned.output)")
    let again = try Command("report", run, "-o", folder.file("report.html"))
    #expect(again.status == 0, "\(again.errors)")
    let finding = try object(tune("--json", output: folder.file("again")))
    let joint = try #require(finding["joint"] as? [String: Any])
    #expect(joint["classCount"] as? Int == 13 && (joint["epochs"] as? [Any])?.count == 3)
    let page = try String(contentsOfFile: folder.file("report.html"), encoding: .utf8)
    #expect(page.contains("One head for both tasks") && page.contains("all 13 classes of the head together"))
    let advice = try Command("diagnose", run, "-o", folder.file("diagnosis.html"))
    #expect(advice.status == 0 && !advice.output.contains("--regularizer l2-sp"), "\(advice.output)")
    let exported = try Command("export", run, "-o", folder.file("whole.pth"))
    #expect(exported.status == 0, "\(exported.errors)")
    let shape = try Python.run(
      "import sys, torch; print(*torch.load(sys.argv[1], weights_only=True)['layers.2.weight'].shape)",
      folder.file("whole.pth"))
    #expect(shape == "13 16")
    // A sequence of tasks grows one head; nothing else of --target-head goes with tasks.
    let tasks = ["finetune", source, "--task", "a=" + folder.file("part.h5"), "--task", "b=" + folder.file("other.h5")]
    let sequence = try Command(
      array: tasks + ["--target-head", "grow", "--loss-classes", "target", "--epochs", "1", "-o", folder.file("seq")])
    #expect(sequence.status == 0 && sequence.output.contains("2 tasks, one head that grows"), "\(sequence.errors)")
    #expect(sequence.output.contains("not measured: a task has"), "\(sequence.output)")
    for further in [["--target-head", "keep"], ["--target-head", "grow", "--shared-head"]] {
      let refused = try Command(array: tasks + further + ["-o", folder.file("never")])
      #expect(refused.status == 64 && refused.errorLines.count <= 2, "\(refused.errors)")
    }
    // What is known already has nothing to add; numbers say of no class which it is.
    let known = try Command(
      "finetune", source, "--source", folder.file("whole.h5"), "--target", folder.file("part.h5"), "--target-head",
      "grow", "-o", folder.file("never"))
    #expect(known.status == 65 && known.errors.contains("has every class of dataset 'part'; there is none to add"))
    let numbers = try Command(
      "finetune", source, "--source", folder.file("whole.h5"), "--target", folder.file("numbers.h5"), "--target-head",
      "grow", "-o", folder.file("never"))
    #expect(numbers.status == 65 && numbers.errors.contains("numbers its classes from 0"), "\(numbers.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("never")))
  }

  @Test(.enabled(if: Python.path != nil)) func aRunKeepsWhichClassesTheyWere() throws {
    let folder = try folder()
    let (source, numbers) = (folder.file("source"), folder.file("numbers.h5"))
    let all = try write((0..<9).map { "\($0)\n" }.joined(), "all.txt", in: folder)
    func tune(_ name: String, epochs: Int) throws -> Command {
      try Command(
        "finetune", source, "--source", numbers, "--classes", all, "--target", folder.file("other.h5"), "--epochs",
        "\(epochs)", "--lr", "0.05", "--regularizer", "replay", "-o", folder.file(name), "--json")
    }
    let whole = try object(tune("whole", epochs: 2))
    func sources(_ run: [String: Any]) throws -> [Double] {
      try #require(run["epochs"] as? [[String: Any]]).compactMap {
        ($0["source"] as? [String: Any])?["accuracy"] as? Double
      }
    }
    // Epoch 0 is what the source model itself is judged with.
    let judged = try object(Command("evaluate", source, "--data", numbers, "--classes", all, "--json"))
    #expect(try sources(whole).count == 3 && sources(whole).first == judged["accuracy"] as? Double)
    let match = (whole["matchedClasses"] as? [String: Any])?["source"] as? [String: Any]
    #expect(match?["matchedBy"] as? String == "number" && match?["outputs"] as? [Int] == Array(0..<9))
    _ = try tune("run", epochs: 1)
    // Neither going on nor looking needs the file any more.
    try FileManager.default.removeItem(atPath: all)
    let resumed = try object(Command("finetune", "--resume", folder.file("run"), "--epochs", "2", "--json"))
    #expect(try sources(resumed) == sources(whole))
    let kept = (resumed["matchedClasses"] as? [String: Any])?["source"] as? [String: Any]
    #expect(kept?["outputs"] as? [Int] == Array(0..<9))
    let diagnosis = try object(Command("diagnose", folder.file("run"), "--no-probes", "--json"))
    #expect((diagnosis["forgetting"] as? [String: Any])?["before"] as? Double == (try sources(whole).first))
    #expect(
      (diagnosis["classes"] as? [[String: Any]])?.compactMap { $0["class"] as? String } == (0..<9).map(String.init))
    let page = try String(contentsOfFile: folder.file("run") + "/diagnosis.html", encoding: .utf8)
    #expect(page.contains("source: 9 of the head&#39;s 10 classes, matched by the numbers that were given"))
  }

  @Test(.enabled(if: Python.path != nil)) func aTargetsHeadIsNamedAsInEvaluate() throws {
    let folder = try folder()
    let (source, part, other) = (folder.file("source"), folder.file("part.h5"), folder.file("other.h5"))
    let run = folder.file("run")
    #expect(
      try Command("finetune", source, "--source", part, "--target", other, "--epochs", "2", "--lr", "0.2", "-o", run)
        .status == 0)
    let (before, after) = (run + "/checkpoints/epoch-0000.h5", run + "/checkpoints/epoch-0002.h5")
    // Data of another name: the head in place after judges them.
    let renamed = folder.file("renamed.h5")
    try FileManager.default.copyItem(atPath: other, toPath: renamed)
    let line = ["rewind", "--before", before, "--after", after, "--source", part, "--json", "--target"]
    func costs(_ arguments: [String]) throws -> [Double] {
      let found = try object(Command(array: line + arguments))
      #expect(found["targetCount"] as? Int == 200)
      return try #require(found["each alone"] as? [[String: Any]]).compactMap { $0["cost"] as? Double }
    }
    let own = try costs([other])
    #expect(try costs([renamed]) == own && costs([renamed, "--target-head", "other"]) == own)
    let missing = try Command(array: line + [other, "--target-head", "nobody"])
    #expect(missing.status == 65 && missing.errors.contains("nobody"), "\(missing.errors)")
    let wrong = try Command(array: line + [renamed, "--target-head", "whole"])
    #expect(wrong.status == 65 && wrong.errors.contains("the head has no class 'u'"), "\(wrong.errors)")
  }
}
