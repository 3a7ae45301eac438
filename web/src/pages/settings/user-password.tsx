import type { Problem } from "../../api/problem.ts";
import { useStrings } from "../../i18n/strings.ts";
import { Checkbox } from "../../kit/field.tsx";
import { TextFields } from "../../kit/form.tsx";
import { userStrings } from "./user-strings.ts";

/** The password of a new user: what was typed, or null to have one generated. */
export interface PasswordWish {
  readonly text: string | null;
  readonly mustChange: boolean;
}

/** Chooses between a generated password and one that is typed. */
export function PasswordChoice(props: {
  readonly value: PasswordWish;
  readonly onChange: (wish: PasswordWish) => void;
  readonly problem: Problem | null;
}) {
  const say = useStrings(userStrings);
  const { value, onChange } = props;
  const choices = [
    { label: say("generate"), isChosen: value.text === null, text: null },
    { label: say("type"), isChosen: value.text !== null, text: "" },
  ];
  return (
    <fieldset class="min-w-0">
      <legend class="mb-1 font-medium">{say("password")}</legend>
      {choices.map(({ label, isChosen, text }) => (
        <label key={label} class="flex min-h-8 items-center gap-2">
          <input
            type="radio"
            name="password-choice"
            checked={isChosen}
            onChange={() => onChange({ ...value, text })}
          />
          {label}
        </label>
      ))}
      {value.text !== null && (
        <div class="mt-1 ml-1 flex flex-col gap-1 border-l border-line pl-3">
          <TextFields
            problem={props.problem}
            fields={[
              {
                key: "password",
                label: say("password"),
                value: value.text,
                set: (text) => onChange({ ...value, text }),
                hint: say("typeHint"),
                type: "password",
                autocomplete: "new-password",
                isRequired: true,
              },
            ]}
          />
          <Checkbox
            label={say("mustChangeLabel")}
            isChecked={value.mustChange}
            onChange={(mustChange) => onChange({ ...value, mustChange })}
          />
        </div>
      )}
    </fieldset>
  );
}
