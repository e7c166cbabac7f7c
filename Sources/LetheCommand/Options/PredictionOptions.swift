import ArgumentParser
import Predictions

/// Which columns of files of predictions are meant.
struct PredictionOptions: ResultOptions {
  @Option(
    help: ArgumentHelp(
      "The column that names the example. Found where it is called id, doc_id, image, index …", valueName: "column"))
  var id: String?

  @Option(help: ArgumentHelp("The column of what is right: label, target, y_true …", valueName: "column"))
  var label: String?

  @Option(help: ArgumentHelp("The column of what the model says: prediction, pred, y_pred …", valueName: "column"))
  var prediction: String?

  @Option(
    help: ArgumentHelp(
      """
      The column of how good that is, right and wrong as 1 and 0 or any number: correct, acc, exact_match, score, loss … \
      Without one, right is where the prediction is the label.
      """, valueName: "column"))
  var score: String?

  @Option(
    help: ArgumentHelp(
      "The column of the part that an example belongs to: group, class, subject … By default the label.",
      valueName: "column"))
  var group: String?

  @Option(
    help: ArgumentHelp(
      """
      The column of each class's probability or logit, or how such columns' names begin: probabilities, logits, prob_cat … \
      What the models' confidence is worth is compared where both files have them, beside a label.
      """, valueName: "column"))
  var probabilities: String?

  @Flag(help: "Less of the score is better. Known of loss, wer, error and the like by their names.")
  var lessIsBetter = false

  @Option(help: "Of lm-evaluation-harness's samples, the filter whose rows to compare; by default the first.")
  var filter: String?

  @Option(
    help: ArgumentHelp(
      "What is to be detected, COCO's instances.json, where the files are detections.", valueName: "file"),
    completion: .path)
  var annotations: String?

  /// As the library has them.
  var choice: ColumnChoice {
    let named: [(ColumnRole, String?)] = [
      (.id, id), (.label, label), (.prediction, prediction), (.score, score), (.group, group),
      (.probabilities, probabilities),
    ]
    return ColumnChoice(
      named: named.reduce(into: [:]) { $0[$1.0] = $1.1 }, lessIsBetter: lessIsBetter ? true : nil, filter: filter)
  }
}
