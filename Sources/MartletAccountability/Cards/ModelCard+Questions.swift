extension ModelCard {
  /// What a machine cannot know of a model, in the order of Hugging Face's template, whose headings the questions have.
  public static let questions: [CardQuestion] = [
    CardQuestion("summary", "Model Description", "What does the model do, in a sentence or two?"),
    CardQuestion("developers", "Model Description", "Who has developed the model, and who pays for it?"),
    CardQuestion("contact", "Model Card Contact", "Who answers questions and complaints, and how are they reached?"),
    CardQuestion("license", "Model Description", "Under which licence is the model given away, or that it is not?"),
    CardQuestion("intended_use", "Direct Use", "What is the model meant for, and who uses it?"),
    CardQuestion(
      "downstream_use", "Downstream Use",
      "What may be built on the model, such as by training it further or within other programs?"),
    CardQuestion("out_of_scope", "Out-of-Scope Use", "What must the model not be used for, and what can it not do?"),
    CardQuestion(
      "affected", "Bias, Risks, and Limitations", "Whom do the model's answers concern, also those who do not use it?"),
    CardQuestion(
      "risks", "Bias, Risks, and Limitations",
      "Which harms are known or foreseen, such as by wrong answers, by bias in the data, or by misuse?"),
    CardQuestion(
      "recommendations", "Recommendations",
      "What should users do about these risks: checks, appeals, people who decide?"),
    CardQuestion(
      "data_origin", "Training Data", "Where do the data come from: who collected them, when, where, how, and what for?"
    ),
    CardQuestion(
      "data_consent", "Training Data", "On which ground may the data be used: consent, contract, law, licence?"),
    CardQuestion(
      "data_sensitive", "Training Data", "Do the data tell of people, and what of it is personal or sensitive?"),
    CardQuestion(
      "factors", "Factors",
      "Which groups, instruments or surroundings make a difference, and which of them were not tested?"),
    CardQuestion(
      "metrics_choice", "Metrics", "Why these measures and thresholds: what does an error of each kind cost, and whom?"),
  ]
}
